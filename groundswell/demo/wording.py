"""Wording: the text of a ticket about an issue, in the styles in which people and agents write."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random

from groundswell.demo.issue import Issue
from groundswell.demo.slot import Slots

ANGRY_STARTS = (
    "This is <unacceptable|a disgrace>!",
    "I am <furious|fed up>.",
    "Again!",
    "What a joke.",
    "Third time I write.",
    "Ridiculous.",
    "Nobody answers me!",
    "Unbelievable.",
)
ANGRY_ENDS = (
    "Sort it out <now|today>!",
    "I want an answer.",
    "Otherwise I leave for good.",
    "My patience is over.",
    "Do your job!",
    "I will tell everyone.",
)
GREETINGS = ("Hello,", "Hi there,", "Dear team,", "Good morning,", "Good evening,", "To whom it may concern,")
LEADS = (
    "I hope you are well.",
    "I am writing because of the following.",
    "I have a problem and hope you can help.",
    "",
    "",
)
THANKS = (
    "Thank you very much.",
    "Thanks in advance.",
    "Many thanks for your help.",
    "Kind regards",
    "Best wishes",
)
HELLOS = ("hi", "hey", "hello", "yo", "")
PLEAS = ("pls help", "any update?", "??", "help", "anyone there", "")
AGENT_STARTS = (
    "Escalated by L1.",
    "Handover from chat.",
    "L2 please check.",
    "Call note:",
    "Bot could not resolve.",
)
AGENT_ENDS = (
    "Customer upset.",
    "Customer called before.",
    "Reply promised within 24 h.",
    "Screenshot attached.",
    "",
)
CONTACTS = (
    "You can reach me at {email}.",
    "Call me on {phone}.",
    "My card is {card}.",
    "Card number {card} exp 11/28 cvv 123.",
    "Write to {email} or phone {phone}.",
)
ABBREVIATIONS = {
    "you": "u",
    "please": "pls",
    "because": "bc",
    "are": "r",
    "your": "ur",
    "though": "tho",
    "with": "w",
}

STYLES_BY_CHANNEL: Mapping[str, Mapping[str, int]] = {
    "in_app": {"plain": 5, "chat": 3, "terse": 3, "angry": 2, "polite": 1},
    "im_chat": {"chat": 6, "terse": 4, "plain": 2, "angry": 1},
    "email": {"polite": 6, "plain": 3, "angry": 2},
    "phone": {"note": 1},
    "web_form": {"form": 5, "plain": 3, "polite": 1},
    "social": {"angry": 4, "chat": 3, "terse": 2},
    "api": {"note": 3, "form": 2},
}


@dataclass(frozen=True, slots=True)
class Text:
    """Title and body of a ticket; `language` is an ISO 639-1 code."""

    title: str
    body: str
    language: str


def write_text(rng: Random, issue: Issue, region: str, channel: str, language: str) -> Text:
    """Write about `issue` in a style that suits the channel, in `language` if it has words for it, else in English."""
    slots = Slots(rng, region)
    if language in issue.other:
        sentence = slots.fill(rng.choice(issue.other[language]))
        return Text(_shorten(sentence), sentence, language)
    weights = STYLES_BY_CHANNEL[channel]
    style = rng.choices(list(weights), weights=list(weights.values()))[0]
    body = _STYLES[style](rng, issue, slots)
    if style != "note" and rng.random() < 0.07:
        body = f"{body} {slots.fill(rng.choice(CONTACTS))}"
    title = _shorten(body) if style in ("chat", "terse") else slots.fill(rng.choice(issue.titles))
    return Text(title, body, "en")


def write_other(rng: Random, templates: tuple[str, ...], region: str) -> Text:
    """Write what belongs to no issue."""
    body = Slots(rng, region).fill(rng.choice(templates))
    return Text(_shorten(body), body, "en")


def _shorten(text: str) -> str:
    """Cut a title from a text, as ticket systems do where the writer gave none."""
    line = text.split("\n", 1)[0]
    return line if len(line) <= 60 else line[:60].rsplit(" ", 1)[0]


def _join(*parts: str) -> str:
    return " ".join(part for part in parts if part)


def _pick(rng: Random, slots: Slots, templates: tuple[str, ...], chance: float = 1.0) -> str:
    return slots.fill(rng.choice(templates)) if rng.random() < chance else ""


def _terse(rng: Random, issue: Issue, slots: Slots) -> str:
    return _pick(rng, slots, issue.terse)


def _plain(rng: Random, issue: Issue, slots: Slots) -> str:
    return _join(
        _pick(rng, slots, issue.says),
        _pick(rng, slots, issue.details, 0.45),
        _pick(rng, slots, issue.wants, 0.35),
    )


def _angry(rng: Random, issue: Issue, slots: Slots) -> str:
    said = _pick(rng, slots, issue.says)
    said = said.upper() if rng.random() < 0.12 else said
    return _join(_pick(rng, slots, ANGRY_STARTS, 0.8), said, _pick(rng, slots, ANGRY_ENDS, 0.6))


def _polite(rng: Random, issue: Issue, slots: Slots) -> str:
    said = rng.sample(issue.says, 2 if rng.random() < 0.35 else 1)
    details = rng.sample(issue.details, rng.randint(1, 2))
    sentences = [slots.fill(template) for template in (*said, *details)]
    ending = f"{rng.choice(THANKS)}\n{slots.fill('{name}')}"
    return "\n".join(
        (rng.choice(GREETINGS), _join(rng.choice(LEADS), *sentences, _pick(rng, slots, issue.wants, 0.8)), ending)
    )


def _chat(rng: Random, issue: Issue, slots: Slots) -> str:
    said = _pick(rng, slots, issue.says if rng.random() < 0.7 else issue.terse)
    return _join(rng.choice(HELLOS), _mistype(rng, said.rstrip(".").lower()), rng.choice(PLEAS))


def _note(rng: Random, issue: Issue, slots: Slots) -> str:
    detail = _pick(rng, slots, issue.details, 0.4)
    quoted = f'Customer: "{detail}"' if detail else ""
    return _join(rng.choice(AGENT_STARTS), _pick(rng, slots, issue.notes), quoted, rng.choice(AGENT_ENDS))


def _form(rng: Random, issue: Issue, slots: Slots) -> str:
    lines = [f"What happened: {_pick(rng, slots, issue.says)}"]
    if issue.user_type == "buyer" and issue.business_line == "ecommerce":
        lines.insert(0, f"Order: {slots.fill('{order}')}")
    lines.append(f"Since: {slots.fill('{day}')}")
    if rng.random() < 0.5:
        lines.append(f"What do you want: {_pick(rng, slots, issue.wants)}")
    return "\n".join(lines)


_STYLES: Mapping[str, Callable[[Random, Issue, Slots], str]] = {
    "terse": _terse,
    "plain": _plain,
    "angry": _angry,
    "polite": _polite,
    "chat": _chat,
    "note": _note,
    "form": _form,
}


def _mistype(rng: Random, text: str) -> str:
    return re.sub(r"[^\W\d_]+", lambda match: _mistype_word(rng, match[0]), text.replace("'", ""))


def _mistype_word(rng: Random, word: str) -> str:
    if word in ABBREVIATIONS and rng.random() < 0.5:
        return ABBREVIATIONS[word]
    if len(word) < 4 or rng.random() > 0.06:
        return word
    place = rng.randrange(1, len(word) - 1)
    swapped = word[:place] + word[place + 1] + word[place] + word[place + 2 :]
    return rng.choice((swapped, word[:place] + word[place + 1 :], word[:place] + word[place] + word[place:]))
