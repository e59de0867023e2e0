"""Tell the encodings from before Unicode apart by the letters that they give.

Nearly every sequence of bytes is valid in an 8-bit encoding, so validity decides little. The right encoding is the one whose
text has the letters that its languages use often, in places where words have letters.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

SIGNS = "‚ƒ„…‘’“”•–—™ §©«®°±·»€£\u00a0"
"""Signs that Windows' encodings have at mostly the same places."""

WESTERN = "äöüßéèêëàâáãåæçñóòôõøíìîïúùûœÄÖÜÉÅØÇÑ¿¡ºª´"


@dataclass(frozen=True)
class Legacy:
    """One encoding: Python's name of it, and what its texts have.

    `letters` are those of its languages, the most frequent first. `known` is the range of bytes (first, last) that the frequent
    half of an East Asian repertoire begins with. `latin` says that the letters are those of words in Latin script.
    """

    name: str
    letters: str
    known: tuple[int, int] | None = None
    latin: bool = False

    @cached_property
    def weights(self) -> dict[str, float]:
        """Return what each character speaks for the encoding, at most 1.25."""
        if self.latin:
            return dict.fromkeys(self.letters, 1.0) | dict.fromkeys(SIGNS, 0.95) | dict.fromkeys(RARE, 0.6)
        found = dict.fromkeys(SIGNS, 0.75)
        if self.known is not None:
            rows = (
                bytes((lead, trail)) for lead in range(self.known[0], self.known[1] + 1) for trail in range(64, 255)
            )
            found |= dict.fromkeys((row.decode(self.name, errors="ignore") for row in rows), 0.5) | HALF_WIDTH
            return found | dict.fromkeys(self.letters, 1.0)
        for rank, letter in enumerate(self.letters):
            found[letter] = found[letter.upper()] = 1.25 - 0.75 * rank / len(self.letters)
        return found


KANA = "".join(map(chr, [*range(0x3041, 0x3094), *range(0x30A1, 0x30F7)])) + "ー、。・「」！？（）　々"
KANJI = "日本人大中年出会者返金円料品注文届決済支払方法確認登録退解約除更新入力電話番号変"
MORE_KANJI = "不具合問題対応連絡願使用利開時間今行見来上下回"
HALF_WIDTH = dict.fromkeys(map(chr, range(0xFF61, 0xFFA0)), 0.6)
"""Half-width katakana are single bytes of Shift-JIS: any text of other encodings looks like them."""

SIMPLIFIED = (
    "的一是不了在有人我他这中大来上个国到说们为子和你地出道也时年得就那要下以生会自着去之过家学对可她里后小么心多天而能好都然没日于起还发成事只作当想看文无开手十用主行方又如前所本见经头"
    "面公同三已老从动两长知民样现分将外但身些与高意进把法此实回二理美点月明其种声全工己话儿者向情部正名定女问力机给等几很业最间新什打便位因重被走电四第门相次东政海口使教西再平真听世气信"
    "北少关并内加化由却代军产入先山五太水万市眼体别处总才场师书比住员九笑性通目华报立马命张活难神数件安表原车白应路期叫死常提感金何更反合放做系计或司利受光王果亲界及今京务制解各任至清物"
    "台象记边共风战干接它许八特觉望直服毛林题建南度统色字请爱让认算论百吃义科怎元社术结六功指思非流每青管夫连远资队跟带花快条院变联言权往展该领传近留红治决周保达办运武半候七必城父强步完"
    "革深区即求品士转量空甚众技轻程告江语英基派满式李息写呢识极令黄德收脸钱党倒未持取设始版双历越史商千片容研像找友孩站广改议形委早房音火际则首单据导影失拿网香似斯专石若兵弟谁校读志飞观"
    "争究包组造落视济喜离虽坏兴订卡款退付支付"
)
TRADITIONAL = (
    "的一是不了在有人我他這中大來上個國到說們為子和你地出道也時年得就那要下以生會自著去之過家學對可她裡後小麼心多天而能好都然沒日於起還發成事只作當想看文無開手十用主行方又如前所本見經頭"
    "面公同三已老從動兩長知民樣現分將外但身些與高意進把法此實回二理美點月明其種聲全工己話兒者向情部正名定女問力機給等幾很業最間新什打便位因重被走電四第門相次東政海口使教西再平真聽世氣信"
    "北少關並內加化由卻代軍產入先山五太水萬市眼體別處總才場師書比住員請卡款退付訂單帳號錢，。？！、"
)
HANGUL = (
    "이가는을를에다하고의도지은로한서해나기니사리어시라아자일그습인있것보대제정수요세주만상여부들했전안게되면거오소조구비과유스장공원미경성무없었신동모실까합결카드환불송문계입금와으러려"
    "저내우진용연방화관교차마음습니"
)

RARE = "ðþýÐÞÝ"
"""Letters of Icelandic, whose bytes are frequent letters of Turkish in cp1254."""

LEGACY = (
    Legacy("cp1252", WESTERN, latin=True),
    Legacy("cp932", KANA + KANJI + MORE_KANJI, (0x88, 0x97)),
    Legacy("euc_jp", KANA + KANJI + MORE_KANJI, (0xB0, 0xCF)),
    Legacy("gb18030", SIMPLIFIED + "，。？！、：；（）", (0xB0, 0xD7)),
    Legacy("big5", TRADITIONAL, (0xA4, 0xC6)),
    Legacy("cp949", HANGUL, (0xB0, 0xC8)),
    Legacy("cp1251", "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфіїєґё№ў"),
    Legacy("koi8_r", "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфё"),
    Legacy("cp866", "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфё№"),
    Legacy("cp1254", "ığşçöüİŞÇÖÜâ", latin=True),
    Legacy("cp1250", "ąćęłńóśźżáčďéěíňřšťúůýžőűöüäôľĺăâîşţŚŁŻČŠŽŘ", latin=True),
    Legacy("cp1253", "αοιετσνηυρπκμλωςόίάγδέήθύφχώβξζψ"),
    Legacy("cp1255", "יוהלארתבמשנדעכחקםפטצןזסגךףץ₪"),
    Legacy("cp1256", "اليمونرتبةعدسفهكقأحجشطصخىإذثضظغزءئؤآ،؟ًّ"),
    Legacy("cp1257", "ąčęėįšųūžāēģīķļņõäöüŠŽ", latin=True),
    Legacy("cp874", "านรอกเง่้ทมยลวดตสะัีิคบปหแจพชขไใโถซศผธณื็ูุึำ์ญภฟฐษฉฝฮ"),
    Legacy("cp850", "äöüßéèêàâáãåæçñóòôõøíúùÄÖÜÉ¿¡", latin=True),
    Legacy("mac_roman", "äöüßéèêàâáãåæçñóòôõøíúùœÄÖÜÉ¿¡…‘’“”–—•€", latin=True),
)

ENOUGH = 0.5
"""Score below which none of these is believed, and `charset-normalizer` is asked for its list of ninety."""

PRIOR = 0.5
"""Weight that cp1252 has in advance, where there are few different characters."""

FEW = 4

SAMPLE = 65_536
_HIGH = re.compile(r"[^\x00-\x7f]")
_ODD = re.compile(r"[\ufffd\x80-\x9f\ue000-\uf8ff\u2500-\u259f]")
_MIXED = re.compile(r"[A-Za-z](?=[^\W\d_a-zA-Z])|(?<=[^\W\d_a-zA-Z])[A-Za-z]")
"""Scripts do not change inside a word."""
_INSIDE = re.compile(r"[A-Za-z][‚„…“”•™§©«®°±»£¿¡ºª´€][A-Za-z]|õ(?!e)")
"""Signs are not in the middle of a word; õ is before e in Portuguese, and Hungarian's ő is the same byte."""
_RAISED = re.compile(r"[a-z][^\W\d_a-zA-Z]")
_RUN = re.compile(r"[^\W\d_a-zA-Z]{4,}")
"""Words in Latin script have hardly ever four letters with accents in a row."""


def legacy_encoding(lines: bytes) -> str:
    """Return Python's name of the encoding of lines that are not UTF-8; cp1252 where nothing speaks for another one.

    `lines` are whole lines with bytes above 127, the more the better.
    """
    sample = lines[:SAMPLE]
    best, _, name = max((score(sample, each), -at, each.name) for at, each in enumerate(LEGACY))
    return name if best >= ENOUGH else _normalized(sample)


def score(sample: bytes, encoding: Legacy) -> float:
    """Return how much a sample looks like text of an encoding: the mean weight of its characters, less the oddities."""
    text = sample.decode(encoding.name, errors="replace")
    high = _HIGH.findall(text)
    if not high:
        return 0.0
    weights = encoding.weights
    # The most usual encoding needs the least evidence: one odd byte in a file is a dash, an apostrophe or a euro sign.
    kinds = len(set(high))
    prior = PRIOR / kinds if encoding is LEGACY[0] and kinds < FEW else 0.0
    found = -2.0 * len(_ODD.findall(text))
    found += sum(weights.get(character, 0.0) for character in high)
    found -= sum(pair[1].isupper() for pair in _RAISED.findall(text))
    if encoding.latin:
        found -= len(_INSIDE.findall(text)) + sum(len(run) for run in _RUN.findall(text))
    else:
        found -= len(_MIXED.findall(text))
    return float(found / len(high)) + prior


def _normalized(sample: bytes) -> str:
    from charset_normalizer import from_bytes

    found = from_bytes(sample).best()
    return found.encoding if found is not None and found.encoding not in ("ascii", "utf_8") else "cp1252"
