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
    }
    button.addEventListener('click', function () { show(input.type === 'password'); });
    // A visible password must not end up in the browser's memory of form fields.
    if (input.form) { input.form.addEventListener('submit', function () { show(false); }); }
    show(false);
    input.after(button);
  });

  // A second click on a busy button does nothing. It is not disabled: a disabled button would not send its value. A form that is
  // answered by a download leaves the page where it is, so it can be sent again.
  document.addEventListener('submit', function (event) {
    var form = event.target;
    if (event.defaultPrevented || 'download' in form.dataset) { return; }
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

  // Proof of work: looks for a number whose SHA-256 with the puzzle begins with so many zero bits, a slice at a time.
  function sha256Words(message) {
    var k = sha256Words.k, h = sha256Words.h, i;
    if (!k) {
      // The constants of FIPS 180-4: fractions of the roots of the first primes.
      k = sha256Words.k = []; h = sha256Words.h = [];
      for (var n = 2; k.length < 64; n++) {
        var prime = true;
        for (i = 2; i * i <= n; i++) { if (n % i === 0) { prime = false; break; } }
        if (!prime) { continue; }
        if (h.length < 8) { h.push((Math.sqrt(n) % 1) * 4294967296 | 0); }
        k.push((Math.cbrt(n) % 1) * 4294967296 | 0);
      }
    }
    var length = message.length, size = ((length + 8 >> 6) + 1) * 16, words = new Int32Array(size), w = new Int32Array(64), s = h.slice();
    for (i = 0; i < length; i++) { words[i >> 2] |= message.charCodeAt(i) << 24 - (i & 3) * 8; }
    words[length >> 2] |= 128 << 24 - (length & 3) * 8;
    words[size - 1] = length * 8;
    function turn(x, by) { return x >>> by | x << 32 - by; }
    for (var block = 0; block < size; block += 16) {
      var v = s.slice();
      for (i = 0; i < 64; i++) {
        if (i < 16) { w[i] = words[block + i]; } else {
          var a = w[i - 15], b = w[i - 2];
          w[i] = w[i - 16] + (turn(a, 7) ^ turn(a, 18) ^ a >>> 3) + w[i - 7] + (turn(b, 17) ^ turn(b, 19) ^ b >>> 10) | 0;
        }
        var t1 = v[7] + (turn(v[4], 6) ^ turn(v[4], 11) ^ turn(v[4], 25)) + (v[4] & v[5] ^ ~v[4] & v[6]) + k[i] + w[i] | 0;
        var t2 = (turn(v[0], 2) ^ turn(v[0], 13) ^ turn(v[0], 22)) + (v[0] & v[1] ^ v[0] & v[2] ^ v[1] & v[2]) | 0;
        v = [t1 + t2 | 0, v[0], v[1], v[2], v[3] + t1 | 0, v[4], v[5], v[6]];
      }
      for (i = 0; i < 8; i++) { s[i] = s[i] + v[i] | 0; }
    }
    return s;
  }

  document.querySelectorAll('input[data-puzzle]').forEach(function (field) {
    var number = 0, waiting = null, form = field.form;
    (function work() {
      for (var end = Date.now() + 40; Date.now() < end;) {
        for (var i = 0; i < 50; i++, number++) {
          if (sha256Words(field.dataset.puzzle + ':' + number)[0] >>> 32 - Number(field.dataset.bits) === 0) {
            field.value = String(number);
            if (waiting) { form.requestSubmit(waiting); }
            return;
          }
        }
      }
      setTimeout(work, 0);
    })();
    form.addEventListener('submit', function (event) {
      if (field.value || waiting) { return; }
      event.preventDefault();
      waiting = event.submitter;
      waiting.setAttribute('aria-busy', 'true');
    });
  });

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
