"""Passwords that people write into a ticket, and those in URLs."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib.resources import files
from itertools import chain

from models.redaction.recognizers.hint_words import HintWords
from models.redaction.recognizers.lowering import lowered, without_marks
from models.redaction.span import Span, without_overlaps

HINTS = (
    "pass", "paswor", "pwd", "psw", "pw", "kennw", "contrase", "clave", "senha", "mdp", "wachtwoord",
    "parola", "ifre", "sandi", "haslo", "hasło", "heslo", "senord", "salasana", "jelsz", "lozink",
    "mật khẩu", "mat khau", "credential", "login", "zugangsdaten", "логин", "парол", "密码", "密碼", "パスワード",
    "비밀", "비번", "암호", "पासवर्ड", "كلمة", "كلمه", "رمز", "סיסמ", "পাসওয়ার্ড", "รหัสผ่าน", "κωδικ",
    "கடவுச்சொல்", "adgangskode", "jelsz", "p/w", "curl", "creds", "user:", "username", "usuario",
)  # fmt: skip
"""A part of every word for a password, in lower case."""

_HINTS = HintWords(HINTS)

_WORD = (
    r"(?<![^\W\d_])(?:[a-z]{0,12}(?<!time )(?<!time-)(?:passwor[dt]s?|passwd|password|paswor[dt]|passwrod"
    r"|kennw[oö]rte?r?|wachtwoord)(?:en)?|pass ?phrases?|passcodes?|pass word|pass|pswd?|pwd?|pw|p/w"
    r"|contrase[nñ]as?|clave(?: de acceso| secreta)?|senhas?|mots? de passe|palavras?[- ]passe|mdp|parola(?:m|n)?(?: d'ordine)?|(?:ş"
    r"|s)ifre(?:m|n|niz|si|yi)?|kata ?sandi|sandi|has[lł][oa]|heslo|l[oö]senord"
    r"|adgangskoden?|salasana(?:ni|si)?|jelsz[oó]|jelszavam|lozinka|m[aậ]t kh[aẩ]u|user/pass(?:word)?|(?:login )?credentials|creds"
    r"|zugangsdaten)(?![^\W\d_\u0e00-\u0e7f\u3040-\u9fff\uac00-\ud7a3])"
    r"|парол(?:ь|я|ю|ем|и)|(?:登录|支付|登入)?(?:密码|密碼)|パスワード|비밀 ?번호|비번|암호|पासवर्ड"
    r"|(?:كلمة|كلمه) (?:المرور|السر|مرور|سر)"
    r"|رمز عبور|رمز المرور|סיסמ(?:ה|ת|תי)\w*|পাসওয়ার্ড|รหัสผ่าน"
    r"|κωδικός πρόσβασης|கடவுச்சொல்"
)
_LONGEST_WORD = 30
_LONGEST_BEFORE = 100
_QUOTES = {'"': '"', "'": "'", "`": "`", "“": "”", "„": "“", "«": "»", "‘": "’", "「": "」", "(": ")"}
_SIGN = re.compile(
    r"[\"'`]?(?:\s?\([^()\n]{1,30}\))?\s{0,3}(?:[:：=]+>?|->|=>|→|>(?=[^\s@])|\bis ?[:=])\s{0,3}"
    r"|[\"']\s(?:[a-z-]{1,20}=[\"'][^\"'\n]{0,40}[\"']\s){0,4}value\s?=\s?(?=[\"'])"
)
_OF = re.compile(
    r"\s(?:(?:of|for|to|de|do|del|der|für|pour|от|для) (?!order|ticket|case|invoice|pedido)(?:[^\W\d_]{1,20} ){0,2}[^\W\d_]{1,20}"
    r"|below|used|here|following|такой|такая|unten|siguiente|suivant)\s?[:=]\s{0,3}"
)
"""What the password is of, between its word and its sign."""

_CHANGED = re.compile(r"\s(?:[^\W\d_]{1,12} ){0,3}(?:re)?(?:set|changed|updated|back) to\s{1,2}")
_BEFORE = re.compile(
    r"(?<!\S)[\"'“(]?(?P<found>\S{4,64})\s(?:is|as|was|ist|war|als|es|era|como|é|est|comme|adalah|sebagai)\s"
    r"(?:(?:my|the|a|mein|das|mi|la|minha|a|mon|le)\s)?(?:[^\W\d_]{1,12}\s)?\Z"
)
"""A password before its word: "hunter2 is my password"."""

_NO_PASSWORD_AFTER = re.compile(r"\s?(?:manager|reset|field|page|policy|hint|change|recovery)")
_MASK = re.compile(r"[*•●._xX#\-?…<>\[\]()]+\Z")
_PLACEHOLDER = re.compile(r"\[[A-Z_]+\]|[\ue000-\uf8ff]")
_VALUE = re.compile(r"[^\s\ue000-\uf8ff]{1,128}")
_FOREIGN = re.compile(r"[\u0e00-\u0e7f\u0900-\u0dff\u3001-\u30ff\u3400-\u9fff\uac00-\ud7a3\uff01-\uff5e。，、；]")
"""Letters and signs of scripts without spaces: they end a password of Latin letters, as in `密码是abc123，请`."""

_CUT = re.compile(
    r"=(?:[0-9A-F]{2}=)*[0-9A-F]{2}|<[/A-Za-z]|\[[A-Z_]+\]|\\(?:[nrt]|u[0-9a-fA-F]{4})|&(?:lt|gt|nbsp|quot|amp|#)"
)
"""What follows a password in markup and in texts that are escaped once more."""

_WORD_AND_CLAUSE = re.compile(r"\A([^\W\d_]+)[?!.][\"']?[,;].*\Z", re.DOTALL)
"""A word that ends a sentence, with the next cell of a table written directly to it."""

_ENCODED = re.compile(r"=?(?:[0-9A-F]{2}=)+[0-9A-F]{2}")
"""A letter in quoted-printable (RFC 2045), whose equals sign follows a word."""

_IS = re.compile(
    r"\s{0,3}(?:(?:that|which|i|we|you|it) (?:\w+ ){1,4})?(?:(?:for|of|de|do|del|für|pour) (?:\S{1,20} ){1,4})?"
    r"(?:(?:saya|anda|kamu|ku|mein|tôi|của tôi|mio|benim|मेरा|का) ){0,2}"
    r"(?:(?:is|was|are|it's|to|as|called|ist|lautet|war|es|era|est|était|é|è|adalah|ialah|jest|är|=|это|है|هي|هو"
    r"|היא|là|on|to|คือ|คอ)(?![^\W_])[\s:]{1,3}(?:now |still |just |jetzt |ahora |agora |maintenant )?"
    r"|(?:是|为|為|は|が|는|은|คือ|คอ)[\s:：]{0,3})"
)
_TABLE_SIGN = re.compile(r"[\"']?\s{0,3}[|;,]\s{0,3}|\t\s{0,3}")
_NEXT = re.compile(r"\s{1,2}(?:(?:saya|anda|kamu|mein|mio|benim|मेरा|שלי) )?(?:[-–—]\s)?")
_PARAMETER = re.compile(r"&(?:amp;)?[A-Za-z_]\w{0,30}=")


_NO_VALUE = re.compile(
    r"(?:[0-9]{1,3}(?:st|nd|rd|th|x|h|hrs?|min|mins|times?|days?|characters?|chars?|%)?|[12]fa|1password|v[0-9]+"
    r"|mfa|[0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]{1,4}|\[?[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?\]?"
    r"|[$€£₹][0-9.,]+|https?://.*|www\..*|[a-z]+/[a-z/]+|[a-z]+(?:-[a-z]+)+|[a-z]+'[a-z]{1,3}|[a-z]+\([a-z]*\)"
    r"|[a-z]+\.[a-z]+)\Z",
    re.IGNORECASE,
)
_PLAIN_SUFFIX = re.compile(r"(?:ed|ing|en|ly|ful|less|able|ible|ous|ive|al|ic|ent|ant|ary|ory|ure)\Z")
_END = re.compile(
    r"\s*(?:$|\n|[,;.!?)\]}|/<&。，、；！？]|(?:and|und|y|e|et|ve|dan|и|but|or|user|username|usuario|email|e-mail|login"
    r"|pin)(?![^\W\d_]))"
)
_UNIT_AFTER = re.compile(
    r"\s?(?:times?|days?|hours?|minutes?|mins?|characters?|chars?|letters|digits|users?|people|%|€|\$|mal|veces"
    r"|vezes|fois|zeichen|caracteres)(?![^\W\d_])"
)
_OF_CARD = re.compile(
    r"\s(?:de |do |da |del |della |de la |de ma |da minha |de mi |der |for (?:the |my )?|of (?:the |my )?){0,2}"
    r"(?:tarjeta|cart[aã]o|carte|carta|karte|kart|card|kartu|cajero|atm)[^0-9\n]{0,20}[0-9]{4,6}(?![0-9A-Za-z])"
)
"""The password of a card in some languages is its PIN."""

_PAIR = re.compile(
    r"(?<![^\W\d_])(?:(?:login|log-in|user|username|account|acc|usuario|usuário|benutzer|логин|id|credentials?|creds|zugangsdaten)"
    r"(?:\s?/\s?(?:pass\w*|pwd?|p))?\s?[:=]\s?[^\s/]{1,64}\s?/\s?|(?:login|user|id)/(?:pass\w*|pwd?)\s[^\s/]{1,64}\s?/\s?"
    r"|login\s[^\s/]{1,64}\s/\s)(?P<found>[^\s/\[\]\ue000-\uf8ff]{4,64})"
    r"|(?<!\S)-u\s?[\"']?[^\s:/]{1,64}:(?P<sent>[^\s/\[\]\"'\ue000-\uf8ff]{4,64})"
)
"""A user and the password of it; also as `curl` takes them."""

_OTHER_PASS = re.compile(
    r"(?<![^\W\d_])(?:boarding|season|battle|vip|day|weekly|monthly|annual|event|bus|train|travel|transit|metro|backstage|guest|game|free|"
    r"parking|member\w*|gate|hall|press|entry|fan|creator|ticket)[\s-]\Z"
)
_LONGEST_PASS = 16
_OF_PAIR = frozenset(("credentials", "login credentials", "creds", "zugangsdaten"))
_SECOND = re.compile(r"\s/\s\S")
_WEAK = frozenset(("pass", "clave", "sandi"))
"""Words for a password that are words for other things, too: a long number after them may be a ticket."""

_SURE_DIGITS, _MOST_DIGITS = 6, 12
"""Digits from which on a number is a password whatever is after it: nobody counts so many times or days."""

_URL = re.compile(
    r"(?<![A-Za-z])[A-Za-z][A-Za-z0-9+.\-]{1,20}://(?P<user>[^\s/?#:@\"'<>]{0,64}):(?P<found>[^\s/?#\"'<>]{1,128})@(?=[\w.\-\[])"
)


@cache
def _stop_words() -> frozenset[str]:
    content = (files("models.redaction") / "words" / "password.toml").read_text(encoding="utf-8")
    return frozenset(tomllib.loads(content)["no_password"])


@cache
def _words() -> re.Pattern[str]:
    return re.compile(without_marks(_WORD))


def password_spans(view: str) -> list[Span]:
    """Find passwords; only the value is replaced.

    After a word for a password, a colon or an equals sign, what follows is taken unless it is a common word in a sentence. After
    "is", or nothing, it must be in quotes, look like a secret, or end the sentence. In a URL, it is what is before the host.
    """
    lower = lowered(view)
    spans = []
    if "://" in view and "@" in view:
        spans = [match.span("found") for match in _URL.finditer(view) if not _PLACEHOLDER.search(match["found"])]
    if not _HINTS.occur_in(lower):
        return spans
    for pair in _PAIR.finditer(lower):
        span = _value(view, pair.start(pair.lastgroup or 0))
        if span and _is_secret(view, lower, span):
            spans.append(span)
    words = _words()
    regions = _HINTS.regions(lower, _LONGEST_WORD)
    for word in chain.from_iterable(words.finditer(lower, *region) for region in regions):
        if not _is_of_other_thing(lower, word):
            spans += _value_after(view, lower, word) or _value_before(view, lower, word)
    return without_overlaps(spans)


def _is_of_other_thing(lower: str, word: re.Match[str]) -> bool:
    """Return whether a word is a placeholder, the name of a card's PIN, or a pass for a train or a game."""
    first = max(0, word.start() - _LONGEST_PASS)
    return (
        lower[max(0, word.start() - 1) : word.start()] == "["
        or _OF_CARD.match(lower, word.end()) is not None
        or (word[0] == "pass" and _OTHER_PASS.search(lower, first, word.start()) is not None)
    )


def _value_after(view: str, lower: str, word: re.Match[str]) -> list[Span]:
    """Find the value after a word: one at most."""
    end = word.end()
    if sign := _SIGN.match(lower, end):
        span = _quoted(view, sign.end()) or _value(view, sign.end())
        of_user = word[0] in _OF_PAIR or lower[word.start() - 1 : word.start()] == "/"
        is_user = span is not None and of_user and _SECOND.match(lower, span[1])
        return [span] if span and not is_user and _is_assigned(view, lower, span, across=("\n" in sign[0])) else []
    if sign := _TABLE_SIGN.match(lower, end) or _OF.match(lower, end):
        span = _quoted(view, sign.end()) or _value(view, sign.end())
        return [span] if span and _is_secret(view, lower, span) else []
    if verb := _CHANGED.match(lower, end) or _IS.match(lower, end):
        span = _quoted(view, verb.end()) or _value(view, verb.end())
        if span and (_is_quoted(view, span) or _is_secret(view, lower, span) or _ends_sentence(lower, span)):
            return [span]
    gap = _NEXT.match(lower, end)
    span = (_quoted(view, gap.end()) or _value(view, gap.end())) if gap else _quoted(view, end)
    weak = word[0] in _WEAK
    return [span] if span and (_is_secret(view, lower, span, weak=weak) or _is_quoted_word(view, lower, span)) else []


def _value_before(view: str, lower: str, word: re.Match[str]) -> list[Span]:
    """Find the value before a word, as in "hunter2 is my password"; it has letters and digits or signs."""
    first = max(0, word.start() - _LONGEST_BEFORE)
    found = _BEFORE.search(lower, first, word.start())
    if found is None or _NO_PASSWORD_AFTER.match(lower, word.end()):
        return []
    span = _value(view, found.start("found"))
    return [span] if span and not view[slice(*span)].isdigit() and _is_secret(view, lower, span) else []


def _quoted(view: str, start: int) -> Span | None:
    """Return what is between the quotes that begin here, on one line."""
    close = _QUOTES.get(view[start : start + 1])
    end = view.find(close, start + 1, start + 130) if close else -1
    if end <= start + 1 or "\n" in view[start:end] or _PLACEHOLDER.search(view, start, end):
        return None
    return start + 1, end


def _value(view: str, start: int) -> Span | None:
    """Return the word that begins here, without the punctuation of the sentence and without further parameters of a URL."""
    match = _VALUE.match(view, start)
    if match is None or _PLACEHOLDER.match(view, start):
        return None
    text = match[0]
    if parameter := _PARAMETER.search(text):
        text = text[: parameter.start()]
    if text[0].isascii() and (foreign := _FOREIGN.search(text)):
        text = text[: foreign.start()]
    text = _WORD_AND_CLAUSE.sub(r"\1", text)
    text = _CUT.split(text, maxsplit=1)[0].rstrip(".,;:\"'`)]}>”’»")
    is_value = text and not _MASK.match(text) and not _ENCODED.fullmatch(text)
    return (start, start + len(text)) if is_value else None


def _is_quoted(view: str, span: Span) -> bool:
    return _QUOTES.get(view[span[0] - 1 : span[0]], "\0") == view[span[1] : span[1] + 1]


def _is_quoted_word(view: str, lower: str, span: Span) -> bool:
    """Return whether one word is in quotation marks and could be a password: the names of fields and buttons are common words."""
    text = lower[slice(*span)]
    is_word = len(text) > 4 and text.isalpha() and text not in _stop_words() and view[span[0] - 1] != "("
    return is_word and _is_quoted(view, span)


def _is_assigned(view: str, lower: str, span: Span, *, across: bool) -> bool:
    """Return whether what follows a colon or an equals sign is a value, and no sentence or the next label of a form."""
    text = lower[slice(*span)]
    if across:
        is_mixed = len(text) >= _SURE_DIGITS and any(map(str.isdigit, text)) and not text.isdigit()
        ends_line = view[span[1] : span[1] + 1].strip(".。!") in ("", "\n")
        return _is_secret(view, lower, span) and (is_mixed or ends_line)
    if _is_quoted(view, span):
        return text not in _stop_words()
    if _is_secret(view, lower, span):
        return True
    return (
        text not in _stop_words()
        and not _NO_VALUE.match(text)
        and len(text) > 2
        and _END.match(lower, span[1]) is not None
    )


def _is_secret(view: str, lower: str, span: Span, *, weak: bool = False) -> bool:
    """Return whether a word looks like a secret: a digit with letters or signs, a sign or capital inside, or a number of its own.

    `weak`: whether the word before it is one for other things, too.
    """
    text = view[slice(*span)]
    if len(text) < 4 or lower[slice(*span)] in _stop_words() or _NO_VALUE.match(text):
        return False
    if text.rstrip("!?").isdigit():
        if _SURE_DIGITS <= len(text) <= _MOST_DIGITS and not weak:
            return True
        is_alone = not _UNIT_AFTER.match(lower, span[1]) and _END.match(lower, span[1]) is not None
        return 4 <= len(text) <= _MOST_DIGITS and (is_alone or (len(text) > 4 and _is_quoted(view, span)))
    if not _is_quoted(view, span) and text.replace(",", "").replace(".", "").isdigit():
        return False
    has_digit = any(map(str.isdigit, text))
    has_letter = any(map(str.isalpha, text))
    has_sign = re.search(r"[^\w'\-.,/’]", text[:-1]) is not None
    has_capital_inside = re.search(r"[a-z][A-Z]", text) is not None
    return (has_digit and has_letter) or (has_sign and (has_letter or has_digit)) or has_capital_inside


def _ends_sentence(lower: str, span: Span) -> bool:
    """Return whether a plain word after "is" can only be the password: it ends the sentence and is no adjective or participle."""
    text = lower[slice(*span)]
    if len(text) < 5 or text in _stop_words() or not text.isalpha() or not text.isascii() or _PLAIN_SUFFIX.search(text):
        return False
    return re.match(r"[.!]?\s*(?:$|\n)", lower[span[1] : span[1] + 5]) is not None
