"""seq.shuffle: exactly the dinucleotides, and every path equally often"""
from collections import Counter
from math import sqrt

import numpy as np
import pytest

from genonb.core.errors import SpecError
from genonb.seq import shuffle as module
from genonb.seq.alphabet import PAD, PROTEIN, decode, encode
from genonb.seq.shuffle import dinucleotide_shuffle, shuffle


def paths(sequence):
    "All sequences with the dinucleotides of `sequence`, its first and its last letter."
    found = set()

    def go(word, left):
        if not left: found.add(word)
        for step in set(left):
            if step[0] == word[-1]: go(word + step[1], left - Counter([step]))

    go(sequence[0], Counter(zip(sequence, sequence[1:])))
    return {w for w in found if len(w) == len(sequence)}


def chi_square(counts, cells):
    "How many standard deviations the statistic of equal cells lies above its expectation."
    expected = sum(counts.values()) / cells
    statistic = sum((counts.get(k, 0) - expected) ** 2 / expected for k in counts) + (cells - len(counts)) * expected
    return (statistic - (cells - 1)) / sqrt(2 * (cells - 1))


SMALL = ["ACAGACA", "AACACAGAGC", "AAAACAAGA", "ACGTACGGTA", "CACACACAG", "ATTTTTTAAT", "AGAGAGAGAC", "ACGACTAGCTA", "GATTACAGATTA"]


@pytest.mark.parametrize("sequence", SMALL)
@pytest.mark.parametrize("seed", [0, 1])
def test_every_path_comes_equally_often(sequence, seed):
    every = paths(sequence)
    seen = Counter(decode(dinucleotide_shuffle(encode([sequence]), n=400 * len(every), seed=seed)[0]))
    assert set(seen) == every
    if len(every) > 1: assert abs(chi_square(seen, len(every))) < 4.5


def test_every_path_with_padding_and_other_rows():
    codes = encode(["ACAGACA", "ACGTACGTACGT", "TTGTGT"])
    seen = Counter(decode(dinucleotide_shuffle(codes, n=3000, seed=5)[0]))
    assert set(seen) == paths("ACAGACA") and abs(chi_square(seen, 3)) < 4.5


def test_every_path_of_a_protein():
    sequence = "MKLMKVMLMKW"
    every = paths(sequence)
    seen = Counter(decode(dinucleotide_shuffle(encode([sequence], PROTEIN), n=300 * len(every), seed=2)[0], PROTEIN))
    assert set(seen) == every and abs(chi_square(seen, len(every))) < 4.5


def test_both_widths_of_the_keys_are_uniform(monkeypatch):
    original = np.random.Generator.integers

    class Narrow:
        "A generator whose random numbers collide often: ties must be drawn again."
        def __init__(self, generator): self.generator = generator
        def integers(self, high, size, dtype): return original(self.generator, high, size=size, dtype=dtype) & dtype(0x3C00003C)
        def __getattr__(self, name): return getattr(self.generator, name)

    block = module._block
    monkeypatch.setattr(module, "_block", lambda codes, n, bits, random: block(codes, n, bits, Narrow(random)))
    seen = Counter(decode(dinucleotide_shuffle(encode(["AACACAGAGC"]), n=20_000, seed=1)[0]))
    every = paths("AACACAGAGC")
    assert set(seen) == every and abs(chi_square(seen, len(every))) < 4.5


def random_codes(letters, shape, seed):
    random = np.random.default_rng(seed)
    weights = random.dirichlet(np.full(letters, 0.3))
    return random.choice(letters, p=weights, size=shape).astype(np.uint8)


@pytest.mark.parametrize("letters, shape, n", [(1, (3, 20), 2), (2, (40, 31), 3), (4, (1500, 60), 1), (4, (2, 80), 1100), (15, (60, 200), 2),
                                               (25, (50, 300), 2), (4, (2, 20_000), 2), (4, (5, 4), 3), (3, (1, 1000), 1)])
def test_steps_and_ends_stay_exactly(letters, shape, n):
    codes = random_codes(letters, shape, seed=letters)
    out = dinucleotide_shuffle(codes, n=n, seed=0)
    assert out.shape == (shape[0], n, shape[1]) and out.dtype == np.uint8

    def steps(x):
        pair = x[..., :-1].astype(int) * 256 + x[..., 1:]
        return np.sort(pair, axis=-1)

    assert (steps(out) == steps(codes)[:, None]).all()
    assert (out[..., 0] == codes[:, None, 0]).all() and (out[..., -1] == codes[:, None, -1]).all()


def test_padding_stays_at_the_right():
    sequences = ["ACGTACGATCGAT", "ACG", "A", "", "TTTT", "GATTACA"]
    codes = encode(sequences)
    for f in (shuffle, dinucleotide_shuffle):
        out = f(codes, n=4, seed=3)
        assert ((out == PAD) == (codes == PAD)[:, None]).all()
    for word, rows in zip(sequences, dinucleotide_shuffle(codes, n=4, seed=3)):
        for copy in decode(rows): assert Counter(zip(copy, copy[1:])) == Counter(zip(word, word[1:])) and copy[:1] == word[:1]


def test_ambiguous_letters_are_letters():
    codes = encode(["ACNNGTRYACNGT"])
    assert Counter(dinucleotide_shuffle(codes, seed=0)[0, 0].tolist()) == Counter(codes[0].tolist())


def test_long_sequences_lose_their_order():
    codes = np.random.default_rng(1).integers(4, size=(20, 500), dtype=np.uint8)
    assert (dinucleotide_shuffle(codes, seed=0)[:, 0] == codes).mean() < 0.4


def test_a_heavy_cycle_with_one_exit():
    sequence = "CA" * 400 + "G"
    assert decode(dinucleotide_shuffle(encode([sequence, "A" * 400 + "C" + "A" * 400]), n=2, seed=0)[0]) == [sequence] * 2


@pytest.mark.parametrize("f", [shuffle, dinucleotide_shuffle])
def test_the_seed_decides(f):
    codes = random_codes(4, (3000, 40), seed=0)
    first = f(codes, n=2, seed=7)
    assert (f(codes, n=2, seed=7) == first).all() and (f(codes, n=2, seed=8) != first).any()
    kept = np.random.default_rng(4)
    assert (f(codes, seed=kept) != f(codes, seed=kept)).any()


def test_shuffle_is_uniform():
    seen = Counter(decode(shuffle(encode(["AACG"]), n=12_000, seed=0)[0]))
    assert len(seen) == 12 and abs(chi_square(seen, 12)) < 4.5


@pytest.mark.parametrize("f", [shuffle, dinucleotide_shuffle])
@pytest.mark.parametrize("shape", [(0, 10), (3, 0), (3, 1), (3, 2), (0, 0)])
def test_nothing_to_shuffle(f, shape):
    codes = np.ones(shape, np.uint8)
    assert (f(codes, n=2) == codes[:, None]).all() and f(codes, n=2).shape == (shape[0], 2, shape[1])


@pytest.mark.parametrize("f", [shuffle, dinucleotide_shuffle])
@pytest.mark.parametrize("codes, n", [(np.zeros(5, np.uint8), 1), (np.zeros((2, 5)), 1), (np.zeros((2, 5), np.uint8), 0), ("ACGT", 1)])
def test_wrong_input_is_told(f, codes, n):
    with pytest.raises(SpecError, match="Give"): f(codes, n=n)


def test_the_input_is_not_changed():
    codes = random_codes(4, (10, 50), seed=0)
    before = codes.copy()
    dinucleotide_shuffle(codes, n=2, seed=0)
    shuffle(codes, n=2, seed=0)
    assert (codes == before).all()
