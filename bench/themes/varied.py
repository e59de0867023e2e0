"""Development corpora that differ in size, number of intents, style and balance, for the number of themes.

They are drawn from BANKING77, the insurance turns and the texts that the demo writes. Two styles are made by rule: `spoken` adds
greetings, fillers and repeated words, `long` joins texts of one intent with sentences of no intent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from random import Random

import numpy as np
from numpy.typing import NDArray

from bench.themes.data import Corpus, banking77, insurance, out_of_scope, vectors_of

Make = Callable[[], Corpus]

_OPENINGS = (
    "hi, my name is {name},", "yeah, so,", "okay so", "hello, um,", "hey there, how are you doing,", "right, well,", "good morning,",
    "uh yeah hi,", "yes please,", "so basically", "hi this is {name} and", "",
)  # fmt: skip
_NAMES = ("Alice Moreno", "John Park", "Maria", "Sam Okafor", "Linda Hill", "Ahmed", "Peter Novak", "Grace Lee")
_FILLERS = ("uh", "um", "you know", "I mean", "like", "er", "well", "sort of", "actually")
_ENDINGS = (
    "can you help me with that", "please", "thank you", "yeah", "if that makes sense", "that's it really", "you know",
    "could you look into it for me", "", "",
)  # fmt: skip
_REPEATED = 0.06
"""Share of words that are said twice."""


def recipes() -> dict[str, Make]:
    """Return what makes each development corpus, by name."""
    return {**_banking(), **_insurance(), **_demo(), **_mixed()}


def held_out(seeds: Sequence[int] = tuple(range(100, 112))) -> dict[str, Make]:
    """Return what makes corpora that no setting was chosen on: each has a random source, number of intents, size and skew."""
    return {f"held out {seed}": partial(_drawn, seed) for seed in seeds}


def _banking() -> dict[str, Make]:
    found: dict[str, Make] = {}
    for seed in range(3):
        found[f"20 intents {seed}, 1,000 texts"] = partial(_sampled_intents, 20, 1000, seed)
        found[f"20 intents {seed}"] = partial(intents, 20, seed)
    for seed in range(2):
        found[f"40 intents {seed}, 1,500 texts"] = partial(_sampled_intents, 40, 1500, seed)
        found[f"40 intents {seed}"] = partial(intents, 40, seed)
        found[f"40 intents {seed}, skewed"] = partial(_skewed_intents, seed)
        found[f"30 intents {seed}, spoken"] = partial(_spoken_intents, seed)
        found[f"30 intents {seed}, long"] = partial(_long_intents, seed)
    return found | {
        "20 close intents": lambda: sample(close_intents(20), 1500, 0),
        "77 intents, 1,000 texts": lambda: sample(banking77(), 1000, 0),
        "77 intents, 3,000 texts": lambda: sample(banking77("train"), 3000, 0),
        "77 intents, test": lambda: banking77("test"),
        "77 intents, test, with noise": lambda: banking77("test") + out_of_scope(),
        "77 intents": banking77,
    }


def _insurance() -> dict[str, Make]:
    return {
        "insurance": insurance,
        "insurance, 450 texts": lambda: sample(insurance(), 450, 0),
        "insurance, 11 intents": lambda: _some(insurance(), 11, 0),
        "insurance, balanced": lambda: _at_most(insurance(), 30),
        "insurance, spoken": lambda: spoken(insurance(), 0),
        "insurance with noise": lambda: insurance() + sample(out_of_scope(), 300, 0),
    }


def _demo() -> dict[str, Make]:
    return {
        "demo, 1,000 texts": lambda: sample(demo_texts(3000), 1000, 0),
        "demo, 3,000 texts": lambda: demo_texts(3000),
        "demo, 20 intents": lambda: _some(demo_texts(3000), 20, 0),
        "demo, balanced": lambda: _at_most(demo_texts(3000), 30),
        "demo, spoken": lambda: spoken(sample(demo_texts(3000), 1500, 1), 0),
        "demo, 12,000 texts": lambda: demo_texts(12000),
    }


def _mixed() -> dict[str, Make]:
    return {
        "insurance and 20 of banking": lambda: insurance() + sample(intents(20, 5), 900, 0),
        "insurance and demo": lambda: insurance() + sample(demo_texts(3000), 1000, 2),
        "all intents, 1,500 texts": lambda: _at_most(_all(), 10),
        "all intents, 6,000 texts": lambda: _at_most(_all(), 40),
        "all intents, 25,000 texts": lambda: banking77() + insurance() + demo_texts(12000),
    }


def _drawn(seed: int) -> Corpus:
    rng = np.random.default_rng(seed)
    source = _source(seed)
    names = sorted(set(source.labels))
    count = min(len(names), int(rng.integers(15, 90)))
    chosen = [names[row] for row in rng.choice(len(names), count, replace=False)]
    corpus = source.with_labels(chosen)
    size = min(len(corpus), max(int(rng.integers(600, 2200)), 15 * count))
    exponent = float(rng.choice((0.0, 0.5, 1.0)))
    weight = np.array([(1.0 + chosen.index(label)) ** -exponent for label in corpus.labels])
    if exponent:
        size = round(0.7 * size)
    return corpus.take(np.sort(rng.choice(len(corpus), size, replace=False, p=weight / weight.sum())))


def _source(number: int) -> Corpus:
    sources: tuple[Make, ...] = (
        banking77,
        lambda: spoken(_banking_sample(), 5, fillers=0.2),
        lambda: long(banking77(), 2500, 7),
        lambda: spoken(insurance(), 6, fillers=0.2),
        lambda: spoken(sample(demo_texts(3000), 2000, 3), 8, fillers=0.2),
        lambda: spoken(_banking_sample(), 5, fillers=0.2) + spoken(insurance(), 6, fillers=0.2),
        lambda: _banking_sample() + demo_texts(3000),
        lambda: long(banking77(), 2500, 7) + demo_texts(3000),
        lambda: spoken(_banking_sample(), 5, fillers=0.2) + spoken(sample(demo_texts(3000), 2000, 3), 8, fillers=0.2),
        lambda: _banking_sample() + insurance(),
    )
    return sources[number % len(sources)]()


def _banking_sample() -> Corpus:
    return sample(banking77(), 4500, 11)


def _sampled_intents(count: int, texts: int, seed: int) -> Corpus:
    return sample(intents(count, seed), texts, seed)


def intents(count: int, seed: int) -> Corpus:
    """Texts of intents of BANKING77 drawn at random."""
    return _some(banking77(), count, 1000 * count + seed)


def close_intents(count: int) -> Corpus:
    """Texts of the intents of BANKING77 whose mean is closest to that of one intent."""
    corpus = banking77()
    names = sorted(set(corpus.labels))
    labels = np.array(corpus.labels)
    means = np.stack([corpus.vectors[labels == name].mean(axis=0) for name in names])
    near = means @ means[names.index("card_arrival")]
    return corpus.with_labels([names[row] for row in np.argsort(-near, kind="stable")[:count]])


def sample(corpus: Corpus, count: int, seed: int) -> Corpus:
    """Texts drawn at random, in their order."""
    return corpus.take(np.sort(np.random.default_rng(seed).choice(len(corpus), min(count, len(corpus)), replace=False)))


def _skewed_intents(seed: int) -> Corpus:
    return skewed(intents(40, 10 + seed), seed)


def _spoken_intents(seed: int) -> Corpus:
    return spoken(sample(intents(30, 20 + seed), 1500, seed), seed)


def _long_intents(seed: int) -> Corpus:
    return long(intents(30, 30 + seed), 1500, seed)


def skewed(corpus: Corpus, seed: int) -> Corpus:
    """Texts of each intent in numbers that decrease with its rank: 1, 1/2, 1/3 of the most, at least 6."""
    rng = np.random.default_rng(seed)
    labels = np.array(corpus.labels)
    chosen = []
    for rank, name in enumerate(rng.permutation(sorted(set(corpus.labels))).tolist()):
        rows = np.flatnonzero(labels == name)
        chosen.append(rng.permutation(rows)[: max(6, len(rows) // (1 + rank // 2))])
    return corpus.take(np.sort(np.concatenate(chosen)))


def spoken(corpus: Corpus, seed: int, *, fillers: float = 0.1) -> Corpus:
    """Texts as people say them: with an opening, a share of fillers, repeated words and an ending, without punctuation."""
    rng = Random(seed)
    texts = [_spoken(rng, text, fillers) for text in corpus.texts]
    return Corpus(texts, corpus.labels, vectors_of(texts))


def _spoken(rng: Random, text: str, fillers: float) -> str:
    words: list[str] = []
    for word in text.lower().replace("?", "").replace(".", "").split():
        if rng.random() < fillers:
            words.append(rng.choice(_FILLERS))
        words += [word, word] if rng.random() < _REPEATED else [word]
    return " ".join((rng.choice(_OPENINGS).format(name=rng.choice(_NAMES)), *words, rng.choice(_ENDINGS))).strip()


def long(corpus: Corpus, count: int, seed: int) -> Corpus:
    """Join two to four texts of one intent, and up to two sentences that belong to no intent in between."""
    rng = Random(seed)
    aside = out_of_scope().texts
    by_label = {name: [t for t, label in zip(corpus.texts, corpus.labels, strict=True) if label == name]
                for name in sorted(set(corpus.labels))}  # fmt: skip
    labels = [rng.choice(list(by_label)) for _ in range(count)]
    texts = []
    for label in labels:
        parts = rng.sample(by_label[label], rng.randint(2, 4))
        for _ in range(rng.choice((0, 0, 1, 2))):
            parts.insert(rng.randrange(len(parts) + 1), rng.choice(aside))
        texts.append(" ".join(parts))
    return Corpus(texts, labels, vectors_of(texts))


def demo_texts(count: int) -> Corpus:
    """Tickets of the demo in English, at their usual shares, in the styles of all channels."""
    from groundswell.demo.issue import load_issues
    from groundswell.demo.wording import STYLES_BY_CHANNEL, write_text

    rng = Random(count)
    issues = [issue for issue in load_issues() if issue.weight > 0]
    drawn = rng.choices(issues, weights=[issue.weight for issue in issues], k=count)
    written = [write_text(rng, issue, "US", rng.choice(list(STYLES_BY_CHANNEL)), "en") for issue in drawn]
    texts = [f"{text.title}\n{text.body}" for text in written]
    return Corpus(texts, [issue.name for issue in drawn], vectors_of(texts))


def _all() -> Corpus:
    return banking77() + insurance() + demo_texts(3000)


def _some(corpus: Corpus, count: int, seed: int) -> Corpus:
    names = sorted(set(corpus.labels))
    chosen = np.random.default_rng(seed).choice(len(names), count, replace=False)
    return corpus.with_labels([names[row] for row in chosen])


def _at_most(corpus: Corpus, count: int) -> Corpus:
    """At most so many texts of each intent, drawn at random."""
    rng = np.random.default_rng(0)
    return corpus.take(np.sort(np.concatenate(list(_rows(corpus, count, rng)))))


def _rows(corpus: Corpus, count: int, rng: np.random.Generator) -> Iterator[NDArray[np.int64]]:
    labels = np.array(corpus.labels)
    for name in sorted(set(corpus.labels)):
        yield rng.permutation(np.flatnonzero(labels == name))[:count]
