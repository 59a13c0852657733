// Comfort only: every page works without this file.
(function () {
  'use strict';

  // A page that answers a form (a refused password) becomes a plain entry of the history: "back" and "reload" fetch it anew
  // instead of asking whether to send the form again.
  history.replaceState(null, '', location.href);

  // Times are written in UTC; here they are the reader's.
  document.querySelectorAll('time[data-time]').forEach(function (time) {
    var form = time.dataset.time === 'day' ? { dateStyle: 'medium' } : { dateStyle: 'medium', timeStyle: 'short' };
    time.textContent = new Intl.DateTimeFormat(document.documentElement.lang, form).format(new Date(time.dateTime));
  });

  document.querySelectorAll('.with-toggle > input[type=password]').forEach(function (input) {
    var words = input.parentElement.dataset;
    var button = document.createElement('button');
    button.type = 'button';
    button.className = 'toggle';
    button.setAttribute('aria-controls', input.id);
    function show(visible) {
      input.type = visible ? 'text' : 'password';
      button.textContent = visible ? words.hide : words.show;
      button.setAttribute('aria-label', visible ? words.hideLabel : words.showLabel);
      button.setAttribute('aria-pressed', String(visible));
    }
    button.addEventListener('click', function () { show(input.type === 'password'); });
    // A visible password must not end up in the browser's memory of form fields.
    if (input.form) { input.form.addEventListener('submit', function () { show(false); }); }
    show(false);
    input.after(button);
  });

  // A second click on a busy button does nothing. It is not disabled: a disabled button would not send its value.
  document.addEventListener('submit', function (event) {
    var form = event.target;
    if (event.defaultPrevented) { return; }
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = 'true';
    var remember = form.querySelector('[data-remember]'), box = document.getElementById('remember');
    if (remember && box) { remember.value = String(box.checked); }
    var button = event.submitter || form.querySelector('button.primary');
    if (button) { button.setAttribute('aria-busy', 'true'); }
  });

  // Passkeys (WebAuthn): the button asks at once; where the browser can, the field for the name offers them too.
  var webauthn = window.PublicKeyCredential;
  if (webauthn && webauthn.parseRequestOptionsFromJSON) {
    document.querySelectorAll('form[data-passkey]').forEach(function (form) {
      var options = JSON.parse(form.dataset.options);
      var problem = form.querySelector('[data-problem]');
      var pending;
      // A key that nobody has here any more: the browser need not offer it again.
      if (form.dataset.unknown && webauthn.signalUnknownCredential) {
        webauthn.signalUnknownCredential({ rpId: options.rpId, credentialId: form.dataset.unknown }).catch(function () { });
      }
      function ask(mediation) {
        if (pending) { pending.abort(); }
        pending = new AbortController();
        var asked = form.dataset.passkey === 'create'
          ? navigator.credentials.create({ publicKey: webauthn.parseCreationOptionsFromJSON(options), signal: pending.signal })
          : navigator.credentials.get({ publicKey: webauthn.parseRequestOptionsFromJSON(options), mediation: mediation, signal: pending.signal });
        return asked.then(function (credential) {
          form.elements.credential.value = JSON.stringify(credential);
          form.requestSubmit();
        });
      }
      form.addEventListener('submit', function (event) {
        if (form.elements.credential.value) { return; }
        event.preventDefault();
        problem.hidden = true;
        ask().catch(function (error) { problem.hidden = error.name === 'AbortError'; });
      });
      if ('autofill' in form.dataset && webauthn.isConditionalMediationAvailable) {
        webauthn.isConditionalMediationAvailable().then(function (available) { if (available) { return ask('conditional'); } }).catch(function () { });
      }
    });
    document.querySelectorAll('[data-signal^="{"]').forEach(function (list) {
      var known = JSON.parse(list.dataset.signal);
      ['signalAllAcceptedCredentials', 'signalCurrentUserDetails'].forEach(function (signal) {
        if (webauthn[signal]) { webauthn[signal](known).catch(function () { }); }
      });
    });
    webauthn.isUserVerifyingPlatformAuthenticatorAvailable().then(function (available) {
      document.querySelectorAll('[data-passkeys]').forEach(function (field) { field.value = String(available); });
    });
  } else {
    document.querySelectorAll('form[data-passkey] button').forEach(function (button) { button.hidden = true; });
  }

  // Signed out: goes on when the frames that tell other apps have loaded, or after three seconds.
  var back = document.getElementById('return-link');
  if (back && document.querySelector('meta[http-equiv=refresh]')) {
    var goOn = function () { location.replace(back.href); };
    if (document.readyState === 'complete') { goOn(); } else { window.addEventListener('load', goOn); }
    setTimeout(goOn, 3000);
  }

  window.addEventListener('pageshow', function (event) {
    if (!event.persisted) { return; }
    document.querySelectorAll('form').forEach(function (form) { delete form.dataset.sent; });
    document.querySelectorAll('button[aria-busy]').forEach(function (button) { button.removeAttribute('aria-busy'); });
  });
})();
