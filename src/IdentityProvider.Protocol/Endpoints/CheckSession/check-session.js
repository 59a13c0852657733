(function () {
  'use strict';

  // Synchronous, and without crypto.subtle: that one needs a secure context, and old browsers have none.
  function sha256(text) {
    var constants = [], state = [], words = [], length = text.length, i;

    function fraction(number) { return (number - Math.floor(number)) * 0x100000000 | 0; }
    function turn(word, bits) { return word >>> bits | word << 32 - bits; }

    // FIPS 180-4 §4.2.2, §5.3.3: the fractional parts of the roots of the first primes.
    for (var candidate = 2; constants.length < 64; candidate++) {
      var divisor = 2;
      while (candidate % divisor !== 0) { divisor++; }
      if (divisor === candidate) {
        if (state.length < 8) { state.push(fraction(Math.pow(candidate, 1 / 2))); }
        constants.push(fraction(Math.pow(candidate, 1 / 3)));
      }
    }

    var total = ((length + 8 >> 6) + 1) * 16;
    for (i = 0; i < total; i++) { words.push(0); }
    for (i = 0; i < length; i++) { words[i >> 2] |= text.charCodeAt(i) << 24 - i % 4 * 8; }
    words[length >> 2] |= 0x80 << 24 - length % 4 * 8;
    words[total - 1] = length * 8;

    for (var start = 0; start < total; start += 16) {
      var w = words.slice(start, start + 16), s = state.slice();
      for (i = 0; i < 64; i++) {
        if (i >= 16) {
          var x = w[i - 15], y = w[i - 2];
          w.push(w[i - 16] + w[i - 7] + (turn(x, 7) ^ turn(x, 18) ^ x >>> 3) + (turn(y, 17) ^ turn(y, 19) ^ y >>> 10) | 0);
        }
        var a = s[0], e = s[4];
        var first = s[7] + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + (e & s[5] ^ ~e & s[6]) + constants[i] + w[i];
        var second = (turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + (a & s[1] ^ a & s[2] ^ s[1] & s[2]);
        s.pop();
        s.unshift(first + second | 0);
        s[4] = s[4] + first | 0;
      }
      for (i = 0; i < 8; i++) { state[i] = state[i] + s[i] | 0; }
    }

    return state.map(function (word) { return ('0000000' + (word >>> 0).toString(16)).slice(-8); }).join('');
  }

  function browserState() {
    var name = document.body.getAttribute('data-cookie') + '=';
    var found = document.cookie.split('; ').filter(function (cookie) { return cookie.indexOf(name) === 0; })[0];
    return found ? found.slice(name.length) : '';
  }

  // The message is the client id, a space, and the session state (OpenID Connect Session Management §3.1).
  function judge(message, origin) {
    var space = message.lastIndexOf(' '), clientId = message.slice(0, space), state = message.slice(space + 1), dot = state.indexOf('.');
    if (space < 1 || dot < 1) { return 'error'; }
    var salt = state.slice(dot + 1);
    return sha256([clientId, origin, browserState(), salt].join(' ')) === state.slice(0, dot) ? 'unchanged' : 'changed';
  }

  window.addEventListener('message', function (event) {
    if (event.source && event.source !== window && event.origin !== 'null') {
      event.source.postMessage(typeof event.data === 'string' ? judge(event.data, event.origin) : 'error', event.origin);
    }
  });
})();
