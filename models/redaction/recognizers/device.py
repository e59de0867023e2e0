"""Identifiers of devices and SIM cards, which point to one person's telephone or computer (GDPR, article 4(1))."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from itertools import chain

from stdnum import luhn

from models.redaction.recognizers.hint_words import HintWords, near_digits
from models.redaction.recognizers.lowering import lowered, without_marks
from models.redaction.span import Span, without_overlaps

HINTS = (
    "imei", "imsi", "iccid", "meid", "device", "serial", "udid", "idfa", "idfv", "gaid", "aaid", "advertis",
    "hwid", "hardware", "machine", "android", "mac", "s/n", "sn", "ssaid", "sim", "serie", "série",
    "matricola", "seri", "geräte", "gerate", "appareil", "dispositiv", "aparelho", "perangkat", "cihaz",
    "toestel", "urządz", "esn", "eid", "uuid", "серий", "устройств", "имей", "имеи", "序列号", "序號", "序列號",
    "设备", "設備", "シリアル", "端末", "デバイス", "일련번호", "시리얼", "기기", "سيريال", "التسلسلي", "الجهاز", "सीरियल",
    "डिवाइस", "आईएमईआई", "แถบ", "ซีเรียล", "σειριακ",
)  # fmt: skip
"""A part of every word for an identifier of a device, in lower case."""

_HINTS = HintWords(HINTS)

_REACH = 60
_NUMBER_WORD = (
    r"(?<![^\W\d_])(?:imei(?:[ \-]?sv)?|meid|esn|eid|iccid|imsi|sim(?:[-_ ]?(?:card))?(?:[_ ]serial)?[-_ ]?(?:id"
    r"|number"
    r"|no|nr|nummer|kartennummer))"
    r"s?(?![^\W\d_])|имей|имеи|आईएमईआई"
)
"""Words before numbers that have no letters: IMEI (3GPP TS 23.003), IMSI (ITU-T E.212), ICCID (ITU-T E.118)."""

_ID_WORD = (
    r"(?<![^\W\d_])(?:[a-z]*device[ _\-]?(?:unique[ _\-]?)?(?:id|identifier|uuid|token|fingerprint|udid|no\.?"
    r"|number|serial)|deviceid|uniqueid|android[ _\-]?id|ssaid"
    r"|(?:advertis(?:ing|er|ement)|ad|ads)[ _\-]?(?:id|identifier)|idfa|idfv|gaid|aaid|gps[ _]adid|adid|udid|oaid"
    r"|vaid|hwid|(?:hardware|machine|installation|install|handset|phone|phone's|tablet|console)[ _\-]?(?:id|uuid"
    r"|identifier)"
    r"|serial(?:[ _\-]?(?:number|no\.?|nr|num|id|#|code))?|serials|s/n|sn(?=[ ]?[:#=])|mac(?:[ _\-]?(?:address|addr"
    r"|id|adresse|adresi))?|(?:wifi|wi-fi|bluetooth|ethernet) (?:mac )?address"
    r"|(?:n[uú]mero|n[.º°]?|nr\.?|num[eé]ro|no\.?|nomor|numer)[ ]?(?:de |di |do |da )?(?:s[eé]rie|seriale|serial"
    r"|seri|seryjny)|matricola|seriennummer|serien-?nr\.?|serienummer|nomor seri|seri (?:numarası|no|num)\w*"
    r"|ger[aä]te[- ]?(?:id|kennung|nummer|identifikation)|(?:id|identificador|identifiant|identificativo"
    r"|identifikator)(?: [úu]nico)? (?:de |del |do |di |da |de l'|del |dell')?(?:su |mi |meu |mon "
    r"|mio )?(?:dispositivo|aparelho|appareil|equipo|celular|dispositif|perangkat)"
    r"|cihaz (?:kimliği|numarası|no|id)\w*|toestel-?id|apparaat-?id|id urządzenia|device)(?![^\W\d_])"
    r"|серийн\w* номер\w*|(?:id|идентификатор\w*) устройства|序列号|序列號|序號|设备(?:号|id|标识|序列)\w?|設備(?:號|id)"
    r"|シリアル(?:番号"
    r"|ナンバー|no)?|端末id|デバイスid|일련 ?번호|시리얼(?: ?(?:번호|넘버))?|기기 ?(?:id|아이디|번호)"
    r"|الرقم التسلسلي|سيريال|معرف الجهاز|सीरियल (?:नंबर|नम्बर)|डिवाइस आईडी|ซีเรียล\w*|σειριακός αριθμός"
)
_GAP = re.compile(
    r"(?:[\s:=#\-*\"'“”‘’«»()\[\]<>,;.\\/→|_]|(?<![^\W\d_])(?:is|are|was|it'?s|its|the|my|of|for|on|this|phone|device"
    r"|tablet|number|no|nr|num|id|ids|code|address|1|2|one|two|first"
    r"|second|ist|lautet|es|est|é|è|adalah|del|de|mi|meu|mon|my|dispositivo|celular|iphone|ipad|ipod|samsung|galaxy"
    r"|pixel|xiaomi|android|apple|console|ps5|ps4|xbox|macbook|watch"
    r"|hp|saya|number[s]?|serial|wifi|wi-fi|bluetooth|address|adresse|slot|sim|esim)(?![^\W_])"
    r"|[^\x00-\x7f\ue000-\uf8ff\u20a0-\u20bf。]){0,40}+"
)
_NUMBER = re.compile(
    r"(?<![0-9A-Za-z])[0-9](?:[ \-/.]{0,2}[0-9]){13,21}(?![0-9A-Za-z])|(?<![0-9a-z])[0-9a-f]{14}(?![0-9a-z])"
)
_NEXT = re.compile(r"(?:[\s,;/&+]|and|or|und|y|e|et|ve|и|和|[12][:.)])+")
_UUID = r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}"
_ID = re.compile(
    rf"(?<![0-9a-z])(?:\{{?{_UUID}\}}?|[0-9a-f]{{12}}|[0-9a-f]{{14,16}}|[0-9a-f]{{40}}|[0-9]{{8}}-[0-9a-f]{{16}}"
    r"|(?=[a-z\-]*[0-9])[0-9a-z]{2,12}(?:-[0-9a-z]{2,12}){1,5}|(?=[a-z]*[0-9])[0-9a-z]{7,24}"
    r"|[0-9a-z_\-:]{100,200})(?![0-9a-z])"
)
_IMEI_SHAPE = re.compile(r"(?<![0-9A-Za-z\-])[0-9]{2}-[0-9]{6}-[0-9]{6}-[0-9](?:-[0-9]{2})?(?![0-9A-Za-z\-])")
_MAC = re.compile(
    r"(?<![0-9A-Za-z:\-])(?:[0-9A-Fa-f]{2}(?P<sign>[:\-]))(?:[0-9A-Fa-f]{2}(?P=sign)){4}[0-9A-Fa-f]{2}"
    r"(?![0-9A-Za-z]|-[0-9A-Za-z]|:[0-9A-Fa-f]{1,2}(?![0-9A-Za-z]))"  # a word may follow a colon, as in ids of events
    r"|(?<![0-9A-Za-z.])[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}(?![0-9A-Za-z]|\.[0-9A-Za-z])"
)
_POSSIBLE = re.compile(
    r"[0-9](?:(?:[:\-.]?[0-9A-Za-z]){5}|(?<=[0-9A-Za-z][:\-.][0-9A-Za-z]{2}[:\-.][0-9A-Za-z][0-9])|(?<=[0-9A-Za-z]{6}[0-9])"
    r"|(?:[ \-/.]{0,2}[0-9]){13})"
)
"""Six letters and digits after a digit, or before it: an identifier has them."""

_MAC_LETTER = re.compile(r"[A-Fa-f]")


@cache
def _words() -> re.Pattern[str]:
    return re.compile(without_marks(f"(?P<number>{_NUMBER_WORD})|(?P<id>{_ID_WORD})"))


def device_spans(view: str) -> list[Span]:
    """Find IMEI, MEID, IMSI and ICCID, MAC addresses, advertising ids, and serial numbers.

    MAC addresses and an IMEI in the groups that are printed are found by their shape. All others need a word for them: a UUID or
    fifteen digits may as well number an order.
    """
    if not _POSSIBLE.search(view):
        return []
    lower = lowered(view)
    spans: list[Span] = []
    if view.count(":") > 4 or view.count("-") > 4 or view.count(".") > 1:
        spans += [match.span() for match in _MAC.finditer(view) if _is_mac(match[0])]
    if view.count("-") > 2:
        spans += [
            match.span() for match in _IMEI_SHAPE.finditer(view) if luhn.is_valid(re.sub(r"\D", "", match[0])[:15])
        ]
    if _HINTS.occur_in(lower):
        spans += _named(lower)
    return without_overlaps(spans)


def _is_mac(text: str) -> bool:
    # Six pairs of digits with dashes may be a date and a time, three groups of four an amount.
    return ":" in text or _MAC_LETTER.search(text) is not None


def _named(lower: str) -> Iterator[Span]:
    words = _words()
    regions = near_digits(lower, _REACH)
    for word in chain.from_iterable(words.finditer(lower, *region) for region in regions):
        if lower[max(0, word.start() - 1) : word.start()] == "[":
            continue
        shape = _NUMBER if word["number"] else _ID
        gap = _GAP.match(lower, word.end(), word.end() + _REACH)
        found = shape.match(lower, gap.end() if gap else word.end())
        length = len(found[0]) if found else 0
        # Further ones in a list are as long as the first.
        while found and abs(len(found[0]) - length) < 3:
            if not _is_model(word[0], found[0]):
                yield found.span()
            following = _NEXT.match(lower, found.end())
            found = shape.match(lower, following.end()) if following else None


def _is_model(word: str, text: str) -> bool:
    """Return whether what follows "device" or "mac" alone is the name of a model: identifiers there are long and have no words."""
    is_vague = word in ("device", "mac")
    return is_vague and (len(text) < 12 or sum(map(str.isdigit, text)) < 4)
