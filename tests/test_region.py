"""region: one inner convention, names and assemblies told apart, windows of one length, negatives that match, signal that says where it is silent."""
import itertools

import numpy as np
import pandas as pd
import pytest

from genonb.core.errors import DataError, SpecError
from genonb.io.genome import genome
from genonb.io.notes import listening
from genonb.io.read import FORMATS
from genonb.region.assembly import ALIASES, assembly_of, assembly_sizes, check_assembly, check_ref, check_sizes, likely_assemblies
from genonb.region.examples import examples
from genonb.region.intervals import count_overlaps, exclude, jitter, merge, overlaps, region_names, regions, resize, sort, summits, tile, validate
from genonb.region.names import assemblies, chromosome_key, is_scaffold, matching, reconcile
from genonb.region.negatives import matched_negatives
from genonb.region.signal import Coverage, bin_means, window_signal
from genonb.seq.alphabet import decode


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch): monkeypatch.setenv("GENONB_DATA", str(tmp_path / "cache"))


def frame(*rows, **more):
    "Intervals from 'chrom start end [strand]'."
    rows = [r.split() for r in rows]
    names = ["chrom", "start", "end", "strand"][:len(rows[0]) if rows else 3]
    return pd.DataFrame(rows, columns=names).astype({"start": "int64", "end": "int64"}).assign(**more)


def said(verb, *args, **options):
    "The value of a verb, and what was said."
    with listening() as heard: return verb(*args, **options), [str(h) for h in heard]


# ---- the table of assemblies ----------------------------------------------------------------------------------------

TOTALS = {"hg18": 3080436051, "hg19": 3095693983, "hg38": 3088286401, "mm9": 2654911517, "mm10": 2725537669, "mm39": 2723431143, "dm6": 137567484,
          "ce10": 100286070, "ce11": 100286401, "sacCer3": 12157105, "TAIR10": 119667750, "K-12 MG1655": 4641652}


def test_lengths_add_up_to_the_published_totals():
    sums = assemblies().groupby("assembly")["length"].sum().to_dict()
    assert {k: sums[k] for k in TOTALS} == TOTALS and set(sums) == {*TOTALS, "dm3"}


def test_every_assembly_is_known_by_its_lengths_and_by_any_one_nuclear_chromosome():
    for name in {*assemblies()["assembly"]}:
        sizes = assembly_sizes(name)
        assert assembly_of(sizes) == name
        for chrom, size in sizes.items():
            if chromosome_key(chrom) not in ("M", "chloroplast"): assert assembly_of({chrom: size}) == name
    assert {assembly_of(assembly_sizes(a)) for a in ALIASES} == set(ALIASES.values())
    with pytest.raises(SpecError, match="hg38"): assembly_sizes("hg-38")


def test_accessions_are_unique_but_for_what_assemblies_share():
    known = assemblies()[lambda t: t["accession"] != ""]
    assert (known.groupby("accession")["length"].nunique() == 1).all()


# ---- trap 29: names -----------------------------------------------------------------------------------------------

HUMAN = [f"chr{c}" for c in [*range(1, 23), "X", "Y", "M"]]
ROMANS = "I II III IV V VI VII VIII IX X XI XII XIII XIV XV XVI".split()
ACCESSIONS = assemblies()[lambda t: t["assembly"] == "hg38"].set_index("accession")["chrom"].to_dict()
CONVENTIONS = {
    "plain": [c[3:] if c != "chrM" else "MT" for c in HUMAN], "zeros": [f"chr{int(c[3:]):02d}" if c[3:].isdigit() else c for c in HUMAN],
    "capital": ["Chr" + c[3:] for c in HUMAN], "upper": [c.upper() for c in HUMAN], "words": ["chromosome_" + c[3:] if c != "chrM" else "mitochondrion" for c in HUMAN],
    "accessions": list(ACCESSIONS), "same": HUMAN}


@pytest.mark.parametrize("a, b", itertools.permutations(CONVENTIONS, 2))
def test_any_convention_is_read_as_any_other(a, b):
    assert matching(CONVENTIONS[a], CONVENTIONS[b]) == dict(zip(CONVENTIONS[a], CONVENTIONS[b]))


@pytest.mark.parametrize("prefix, mito", [("chr", "chrM"), ("", "Mito"), ("chr", "chrmt")])
def test_roman_and_arabic_yeast(prefix, mito):
    roman, arabic = [prefix + r for r in ROMANS] + [mito], [f"chr{i}" for i in range(1, 17)] + ["chrM"]
    assert matching(roman, arabic) == dict(zip(roman, arabic)) and matching(arabic, roman) == dict(zip(arabic, roman))
    assert matching(["10"], roman) == {"10": roman[9]} and matching(["chrIX"], arabic) == {"chrIX": "chr9"}


def test_the_x_of_a_worm_is_no_ten():
    worm = ["chrI", "chrII", "chrIII", "chrIV", "chrV", "chrX", "chrM"]
    assert matching(["I", "X", "MtDNA"], worm) == {"I": "chrI", "X": "chrX", "MtDNA": "chrM"}
    assert matching(["1", "10"], worm) == {"1": "chrI"} and matching(["1", "X"], worm) == {"1": "chrI", "X": "chrX"}


def test_other_kingdoms():
    assert matching(["1", "Mt", "Pt"], ["Chr1", "ChrM", "ChrC"]) == {"1": "Chr1", "Mt": "ChrM", "Pt": "ChrC"}
    assert matching(["2L", "mitochondrion_genome"], ["chr2L", "chrM"]) == {"2L": "chr2L", "mitochondrion_genome": "chrM"}
    assert matching(["NC_000913.3"], ["chr"]) == {"NC_000913.3": "chr"} and matching(["U00096.3"], ["Chromosome"]) == {"U00096.3": "Chromosome"}
    assert matching(["CM000663.2", "CM000686.2", "CM000685.2"], HUMAN) == {"CM000663.2": "chr1", "CM000686.2": "chrY", "CM000685.2": "chrX"}
    assert matching(["CM000994.3", "CM001014.3"], ["1", "Y"]) == {"CM000994.3": "1", "CM001014.3": "Y"}


@pytest.mark.parametrize("names, reference", [(["chr1"], ["scaffold_7"]), (["gene1", "gene2"], HUMAN), (["23"], HUMAN[:3]), (["1"], ["chr1", "Chr1"])])
def test_nothing_matches_is_an_error_with_both_lists(names, reference):
    with pytest.raises(DataError) as e: reconcile(names, reference)
    assert names[0] in str(e.value) and reference[0] in str(e.value)


def test_a_part_is_told_with_counts():
    found, heard = said(reconcile, ["chr1"] * 5 + ["chr99"] * 3 + ["chr98"], HUMAN)
    assert found == {"chr1": "chr1"} and len(heard) == 1 and "4 of 9 names are not in the reference: chr99, chr98" in heard[0]
    found, heard = said(reconcile, ["1"] * 5 + ["chr2"], HUMAN)
    assert found == {"1": "chr1", "chr2": "chr2"} and len(heard) == 1 and "5 of 6 names were read in another spelling: 1 as chr1" in heard[0]


@pytest.mark.parametrize("names, reference", [
    (HUMAN, HUMAN), (HUMAN[:2], HUMAN + ["chr1_KI270706v1_random", "chrUn_GL000195v1"]), (HUMAN + ["chr6_apd_hap1", "chrUn_gl000211", "GL000192.1", "KI270728.1", "chr2LHet"], HUMAN),
    (["scaffold_1", "scaffold_2"], ["scaffold_1", "scaffold_2", "scaffold_3"]), (["GL000008.2", "chr1"], ["chr1", "GL000008.2"]), ([], HUMAN)])
def test_no_false_alarm(names, reference):
    found, heard = said(reconcile, names, reference)
    assert not heard and all(found[n] == n for n in names if n in reference)


def test_scaffolds_are_known_and_chromosomes_are_none():
    assert not any(is_scaffold(n) for names in CONVENTIONS.values() for n in names)
    assert not any(is_scaffold(n) for n in assemblies()["chrom"]) and not any(is_scaffold(n) for n in assemblies()["accession"] if n)
    assert all(is_scaffold(n) for n in ["chr1_KI270706v1_random", "chrUn_gl000211", "GL000192.1", "KI270728.1", "scaffold_12", "contig00012", "NW_003315950.2", "chr6_apd_hap1"])


def test_names_that_look_like_numbers_stay_text():
    assert reconcile(pd.Series([1, 2], dtype=object).astype(str), ["1", "2"]) == {"1": "1", "2": "2"}


# ---- trap 30: assemblies ------------------------------------------------------------------------------------------

def near_ends(name, n=200, seed=0):
    "Intervals of an assembly, some near the ends of its chromosomes."
    rng, sizes = np.random.default_rng(seed), {c: s for c, s in assembly_sizes(name).items() if chromosome_key(c) not in ("M", "chloroplast")}
    chroms = rng.choice(list(sizes), n)
    size = np.array([sizes[c] for c in chroms])
    start = np.where(rng.random(n) < .3, size - rng.integers(300, 200_000, n), (rng.random(n) * (size - 400)).astype(int))
    return pd.DataFrame({"chrom": chroms, "start": start, "end": start + 300})


@pytest.mark.parametrize("theirs, ours", [("hg19", "hg38"), ("hg38", "hg19"), ("hg18", "hg38"), ("mm9", "mm10"), ("mm10", "mm39"), ("mm39", "mm9"), ("dm6", "dm3")])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_an_assembly_mix_up_is_an_error_that_names_the_other(theirs, ours, seed):
    with pytest.raises(DataError) as e: check_assembly(near_ends(theirs, seed=seed), assembly_sizes(ours))
    assert f"({ours})" in str(e.value) and f"in {theirs} all of them fit" in str(e.value)


@pytest.mark.parametrize("name", ["hg18", "hg19", "hg38", "mm9", "mm10", "mm39", "dm3", "dm6", "ce10", "ce11", "sacCer3", "TAIR10"])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_right_assembly_raises_no_alarm(name, seed):
    check_assembly(near_ends(name, seed=seed), assembly_sizes(name))
    assert check_sizes(assembly_sizes(name), assembly_sizes(name))


def test_a_made_up_genome_is_no_assembly():
    assert assembly_of({"chr1": 1000}) is None and assembly_of({}) is None
    with pytest.raises(DataError, match=r"1 of 1 intervals do not fit the genome, first row 1: chr1:990-1001, and chr1 has 1,000 bases\. Give"): check_assembly(frame("chr1 990 1001"), {"chr1": 1000})
    assert likely_assemblies(frame("chr1 990 1001"), {"chr1": 1000}) == []


def test_tracks_of_another_assembly():
    with pytest.raises(DataError, match="hg19 and hg38"): check_sizes(assembly_sizes("hg19"), assembly_sizes("hg38"))
    with pytest.raises(DataError, match="no chromosome in common"): check_sizes({"a": 5}, {"b": 5})
    assert check_sizes({"1": 248956422, "GL000192.1": 5}, assembly_sizes("hg38")) == {"1": "chr1"}


def test_an_accession_knows_its_version():
    with pytest.raises(DataError, match="another version of the assembly"): reconcile(["NC_000001.10"], assembly_sizes("hg38"))
    with pytest.raises(DataError, match="another version"): reconcile(["NC_000001.10"], ["NC_000001.11"])
    assert said(reconcile, ["NC_000001.11", "NC_012920.1"], assembly_sizes("hg19") | {"chr1": 248956422})[0]["NC_012920.1"] == "chrM"


# ---- trap 31: reference bases -------------------------------------------------------------------------------------

@pytest.fixture
def ref(tmp_path):
    rng = np.random.default_rng(0)
    path = tmp_path / "ref.fa"
    path.write_text("".join(f">chr{k}\n{''.join(rng.choice(list('ACGT'), 3000))}\n" for k in (1, 2)) + ">chr3\nACGTNNRYACGTacgt\n")
    return genome(path)


def variants(g, n, seed=0, longest=4):
    "Variants whose REF is right."
    rng = np.random.default_rng(seed)
    chrom, start, size = rng.choice(["chr1", "chr2"], n), rng.integers(0, 2990, n), rng.integers(1, longest + 1, n)
    return pd.DataFrame({"chrom": chrom, "pos": start + 1, "ref": [g.fetch(c, s, s + k) for c, s, k in zip(chrom, start.tolist(), size.tolist())]})


@pytest.mark.parametrize("n, wrong", [(50, 1), (500, 1), (500, 40), (2000, 199)])
def test_a_few_wrong_references_are_flagged_and_counted(ref, n, wrong):
    table = variants(ref, n)
    rows = np.random.default_rng(n).choice(n, wrong, replace=False)
    table.loc[rows, "ref"] = table.loc[rows, "ref"].map(lambda s: s.translate(str.maketrans("ACGT", "CATG")))
    good, heard = said(check_ref, table, ref)
    assert set(np.flatnonzero(~good)) == set(rows) and len(heard) == 1 and f"{wrong:,} of {n:,} variants" in heard[0]


def test_right_references_raise_no_alarm(ref):
    for seed in range(5):
        good, heard = said(check_ref, variants(ref, 300, seed), ref)
        assert good.all() and not heard


@pytest.mark.parametrize("spoil, why", [(lambda t: t.assign(pos=t["pos"] - 1), "pos counts from 0"), (lambda t: t.assign(pos=t["pos"] + 1), "one too large"),
                                        (lambda t: t.assign(ref=[s[::-1].translate(str.maketrans("ACGT", "TGCA")) for s in t["ref"]]), "minus strand"),
                                        (lambda t: t.assign(ref=["ACGT"[i % 4] * 4 for i in range(len(t))]), "this assembly")])
def test_many_wrong_references_are_an_error_with_the_cause(ref, spoil, why):
    with pytest.raises(DataError, match=why): check_ref(spoil(variants(ref, 200)), ref)


def test_references_at_the_edges(ref):
    table = pd.DataFrame({"chrom": ["chr3"] * 7 + ["chr9"], "pos": [5, 7, 7, 13, 16, 17, 0, 1], "ref": ["A", "A", "C", "AC", "T", "T", "A", "A"]})
    good, _ = said(check_ref, table, ref, limit=1)
    assert good.tolist() == [True, True, False, True, True, False, False, False]      # N and R stand for A; lower case is read; beyond the end nothing fits
    good, _ = said(check_ref, pd.DataFrame({"chrom": ["chr3"] * 4, "pos": [1, 1, 1, 1], "ref": ["", None, "<DEL>", "acgt"]}), ref, limit=1)
    assert good.tolist() == [False, False, False, True]
    assert len(check_ref(table[:0], ref)) == 0
    with pytest.raises(SpecError, match="no column 'ref'"): check_ref(table.rename(columns={"ref": "REF"}), ref)


# ---- intervals ----------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("column, value, says", [
    ("start", -1, "row 2: start -1 is negative"), ("start", 1.5, "row 2: start '1.5' is no whole number"), ("start", "x", "row 2: start 'x' is no whole number"), ("end", None, "row 2: end .* is no whole number"),
    ("end", 3, "row 2: b:5-3 ends before it starts"), ("end", float("inf"), "row 2: end 'inf'"), ("end", 1e30, "row 2"), ("chrom", None, "row 2: no chrom"), ("strand", "x", "row 2: strand 'x' is none"), ("start", True, "row 2")])
def test_a_bad_interval_is_named_with_its_row(column, value, says):
    table = frame("a 1 2 +", "b 5 9 -", "c 7 8 .").astype(object)
    table.at[1, column] = value
    with pytest.raises(DataError, match=says): validate(table)


def test_what_validate_keeps():
    table = pd.DataFrame({"name": ["x", "y"], "chrom": [1, "01"], "start": [0.0, 2.0], "end": np.array([2**40, 5], np.uint64), "strand": ["*", None]}, index=[5, 5])
    found, heard = said(validate, table)
    assert found["chrom"].tolist() == ["1", "01"] and found["end"].tolist() == [2**40, 5] and found["strand"].tolist() == [".", "."] and found["name"].tolist() == ["x", "y"]
    assert heard == ["intervals: strand '*' was read as '.'"] and table["chrom"].tolist() == [1, "01"]


def test_order():
    assert sort(frame("chr10 0 1", "chrX 0 1", "chr2 5 6", "chr2 1 9", "chrM 0 1", "chr2 1 3"))["chrom"].tolist() == ["chr2", "chr2", "chr2", "chr10", "chrM", "chrX"]
    assert sort(frame("b 0 1", "a 0 1", "z 0 1"), {"z": 5, "b": 5})["chrom"].tolist() == ["z", "b", "a"]


def some_intervals(rng, n, far=1):
    "Random intervals, some without length, on three chromosomes."
    start = rng.integers(0, 60, n) * far
    return pd.DataFrame({"chrom": rng.choice(["a", "b", "c"], n), "start": start, "end": start + rng.integers(0, 15, n) * far, "strand": rng.choice(["+", "-"], n)})


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize("far", [1, 2**40])
def test_overlaps_are_those_of_a_plain_loop(seed, far):
    rng = np.random.default_rng(seed)
    a, b = some_intervals(rng, int(rng.integers(0, 40)), far), some_intervals(rng, int(rng.integers(0, 40)), far)
    rows = lambda f: list(zip(f["chrom"], f["start"], f["end"]))
    truth = [(i, j) for i, (c, s, e) in enumerate(rows(a)) for j, (d, t, f) in enumerate(rows(b)) if c == d and s < f and t < e]
    i, j = overlaps(a, b)
    assert list(zip(i.tolist(), j.tolist())) == truth
    assert count_overlaps(a, b).tolist() == [sum(i == k for i, _ in truth) for k in range(len(a))]
    assert exclude(a, b).index.tolist() == [k for k in range(len(a)) if k not in {i for i, _ in truth}]


@pytest.mark.parametrize("seed", range(30))
@pytest.mark.parametrize("gap", [0, 3])
def test_merged_are_the_covered_bases(seed, gap):
    a = some_intervals(np.random.default_rng(seed), 25)
    a = a[a["end"] > a["start"]]
    m = merge(a, gap)
    covered = {(c, x) for c, s, e in zip(a["chrom"], a["start"], a["end"]) for x in range(s, e)}
    joined = {(c, x) for c, s, e in zip(m["chrom"], m["start"], m["end"]) for x in range(s, e)}
    assert covered <= joined and m["count"].sum() == len(a)
    if gap == 0: assert covered == joined
    for c, part in m.groupby("chrom"): assert (part["start"].to_numpy()[1:] > part["end"].to_numpy()[:-1] + gap).all()


def test_merge_by_strand_and_of_nothing():
    m = merge(frame("a 0 5 +", "a 3 9 -", "a 4 7 +"), stranded=True)
    assert m.to_dict("list") == {"chrom": ["a", "a"], "start": [0, 3], "end": [7, 9], "strand": ["+", "-"], "count": [2, 1]}
    assert len(merge(frame().assign(chrom="", start=0, end=0))) == 0
    with pytest.raises(SpecError): merge(frame("a 0 5"), stranded=True)


@pytest.mark.parametrize("length", [1, 2, 5, 10, 11])
@pytest.mark.parametrize("at", ["center", "start", "end"])
def test_resized_are_of_one_length(length, at):
    found, _ = said(resize, frame("a 10 20 +", "a 10 21 -", "a 10 10 ."), length, at)
    assert (found["end"] - found["start"] == length).all()
    if at == "start": assert found["start"].tolist()[0] == 10 and found["end"].tolist()[1] == 21
    if at == "end": assert found["end"].tolist()[0] == 20 and found["start"].tolist()[1] == 10
    if at == "center": assert found["start"].tolist()[0] == 15 - length // 2


def test_a_window_from_nothing_is_told():
    assert said(resize, frame("a 10 10", "a 5 5", "a 0 3"), 4)[1] == ["intervals: an interval of no length became a window (1 more such)"]
    with pytest.raises(SpecError, match="center"): resize(frame("a 1 2"), 4, "centre")
    with pytest.raises(SpecError): resize(frame("a 1 2"), 0)


def test_summits():
    found, heard = said(summits, frame("a 10 20", "a 10 20", "a 10 21", peak=[0, 9, -1]))
    assert found["start"].tolist() == [10, 19, 15] and (found["end"] - found["start"] == 1).all() and heard == ["intervals: no summit (-1): the middle was taken"]
    for bad in (10, -2, 1.5):
        with pytest.raises(DataError, match="row 1"): summits(frame("a 10 20", peak=[bad]))
    with pytest.raises(SpecError, match="no column 'peak'"): summits(frame("a 10 20", Peak=[1]))


def test_jitter_is_seeded_even_and_keeps_lengths():
    a = tile({"a": 10**6}, 100)
    b = jitter(a, 7, seed=3)
    by = b["start"] - a["start"]
    assert (b["end"] - b["start"] == 100).all() and set(by) == set(range(-7, 8)) and jitter(a, 7, seed=3).equals(b) and not jitter(a, 7, seed=4).equals(b)


@pytest.mark.parametrize("width, step, offset", [(10, None, 0), (10, 3, 0), (10, 25, 4), (100, None, 0), (1, 1, 0)])
def test_tiles_are_those_of_a_plain_loop(width, step, offset):
    sizes = {"a": 57, "b": 9, "c": 100, "d": 0}
    truth = [(c, s, s + width) for c, n in sizes.items() for s in range(offset, n - width + 1, step or width)]
    assert [tuple(r) for r in tile(sizes, width, step, offset).itertuples(index=False)] == truth


def test_words_and_back():
    a = frame("chr1 5 9 +", "chrX 0 1 -", "HLA:01 7 8 .")
    assert regions(region_names(a)).assign(strand=["+", "-", "."]).equals(a)
    with pytest.raises(SpecError, match="no start and end"): regions(["chr1"])


# ---- negatives ----------------------------------------------------------------------------------------------------

@pytest.fixture(scope="module")
def varied(tmp_path_factory):
    "A genome whose GC and repeats change along it, with a stretch of N."
    rng, path = np.random.default_rng(5), tmp_path_factory.mktemp("varied") / "varied.fa"
    def chrom(n):
        parts = []
        for _ in range(n):
            gc = rng.uniform(.25, .7)
            part = "".join(rng.choice(list("ACGT"), 2000, p=[(1 - gc) / 2, gc / 2, gc / 2, (1 - gc) / 2]))
            parts.append(part.lower() if rng.random() < .4 else part)
        return "".join(parts[:n // 2]) + "N" * 5000 + "".join(parts[n // 2:])
    path.write_text("".join(f">chr{k}\n{chrom(n)}\n" for k, n in ((1, 200), (2, 100), (3, 30))))
    return genome(path)


@pytest.mark.parametrize("by", [("gc",), ("gc", "repeats")])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_negatives_match_and_keep_away(varied, by, seed):
    rng = np.random.default_rng(seed)
    pool = tile({c: s for c, s in varied.sizes.items() if c != "chr3"}, 200, 1000)
    pool = pool[(varied.unknown(pool) == 0)]
    positives = pool[varied.gc(pool) > .5].sample(40, random_state=seed).assign(strand=lambda f: rng.choice(["+", "-"], len(f)))
    avoid = frame("chr1 100000 150000")
    found, heard = said(matched_negatives, positives, varied, avoid, seed, by=by, ratio=2, gap=50)
    assert len(found) == 80 and (found["end"] - found["start"] == 200).all() and not heard
    assert not count_overlaps(found, positives).any() and not count_overlaps(found, avoid).any() and (count_overlaps(found, found) == 1).all()
    assert not varied.unknown(found).any() and varied.inside(found).all() and "chr3" not in set(found["chrom"])
    theirs = positives.iloc[found["match"]]
    assert (np.abs(varied.gc(found) - varied.gc(theirs)) <= .02).all() and np.allclose(found["gc"], varied.gc(found))
    if "repeats" in by: assert (np.abs(varied.repeats(found) - varied.repeats(theirs)) <= .1).all()
    assert (found["strand"].to_numpy() == theirs["strand"].to_numpy()).all()
    assert (found["chrom"].to_numpy() == theirs["chrom"].to_numpy()).mean() > .9
    assert found.equals(matched_negatives(positives, varied, avoid, seed, by=by, ratio=2, gap=50)) and not found.equals(matched_negatives(positives, varied, avoid, seed + 7, by=by, ratio=2, gap=50))


def test_no_room_and_no_match_are_told(varied):
    pool = tile({"chr3": varied.sizes["chr3"]}, 200)
    pool = pool[varied.unknown(pool) == 0]
    with pytest.raises(DataError, match="free windows for"): matched_negatives(pool[:300], varied, seed=0)
    with pytest.raises(DataError, match="row 1: no known base"): matched_negatives(frame("chr3 31000 31200"), varied)
    with pytest.raises(SpecError, match="resize"): matched_negatives(frame("chr1 0 10", "chr1 20 40"), varied)
    with pytest.raises(SpecError, match="Did you mean 'ratio'"): matched_negatives(pool[:3], varied, ratios=2)
    with pytest.raises(SpecError, match="by="): matched_negatives(pool[:3], varied, by=("length",))
    richest = pool.iloc[np.argsort(varied.gc(pool))[::-1][:60]]
    found, heard = said(matched_negatives, richest, varied, seed=0)
    assert len(found) == 60 and len(heard) == 1 and "differ from their positive by more than 0.02 in gc" in heard[0]


# ---- signal -------------------------------------------------------------------------------------------------------

class Track:
    "A track of plain arrays."
    def __init__(self, **arrays): self.arrays, self.sizes = arrays, {c: len(a) for c, a in arrays.items()}

    def values(self, chroms, starts, ends):
        for c, s, e in zip(chroms, starts, ends): assert 0 <= s <= e <= self.sizes[c]
        return np.stack([self.arrays[c][s:e] for c, s, e in zip(chroms, starts, ends)]).astype(np.float32)


def test_missing_has_to_be_explained():
    values = np.array([[1, np.nan, 3, 5], [np.nan, np.nan, 2, 2]])
    with pytest.raises(DataError, match='missing="zero" for coverage'): bin_means(values, 2)
    assert bin_means(values, 2, "zero").tolist() == [[.5, 4], [0, 2]]
    assert np.array_equal(bin_means(values, 2, "mask"), [[1, 4], [np.nan, 2]], equal_nan=True)
    assert bin_means(np.ones((3, 6)), 3).tolist() == [[1, 1, 1]] * 3
    for bins in (0, 3): 
        with pytest.raises(SpecError): bin_means(values, bins)
    with pytest.raises(SpecError, match="zero"): bin_means(values, 2, "zeros")


def test_the_minus_strand_is_read_backwards_and_pairs_change_places():
    up, down = np.arange(20.), 100 + np.arange(20.)
    windows = frame("1 2 8 +", "1 2 8 -", "1 2 8 .")
    one = window_signal(Track(chr1=up), windows, bins=3)
    assert one[:, 0].tolist() == [[2.5, 4.5, 6.5], [6.5, 4.5, 2.5], [2.5, 4.5, 6.5]]
    both = window_signal([(Track(chr1=up), Track(chr1=down)), Track(chr1=up)], windows, bins=1)
    assert both[:, :, 0].tolist() == [[4.5, 104.5, 4.5], [104.5, 4.5, 4.5], [4.5, 104.5, 4.5]]


def test_beyond_the_chromosome_and_unknown_ones_are_missing(monkeypatch):
    monkeypatch.setattr("genonb.region.signal._BASES", 4)
    windows = frame("chr1 0 4", "chr1 8 12", "chr2 0 4", "chr1 10 14").assign(start=[-2, 8, 0, 10], end=[2, 12, 4, 14])
    track = Track(chr1=np.ones(10))
    with pytest.raises(DataError, match="no data"), listening(): window_signal(track, windows)
    found, heard = said(window_signal, track, windows, 4, "mask")
    assert np.array_equal(found[:, 0], [[np.nan, np.nan, 1, 1], [1, 1, np.nan, np.nan], [np.nan] * 4, [np.nan] * 4], equal_nan=True)
    assert heard == ["signal: track 1 has no data on chr2"]
    assert said(window_signal, {"t": track}, windows, 1, "zero")[0][:, 0, 0].tolist() == [.5, .5, 0, 0]
    with pytest.raises(SpecError, match="is no track"): window_signal([3], windows)


@pytest.mark.parametrize("seed", range(15))
@pytest.mark.parametrize("of", ["fragments", "ends", "five"])
def test_coverage_is_that_of_a_plain_loop(seed, of):
    rng, sizes = np.random.default_rng(seed), {"a": 50, "b": 7, "c": 90}
    chroms = rng.choice(["a", "c"], 40)
    start = np.array([rng.integers(0, sizes[c] - 10) for c in chroms])
    reads = pd.DataFrame({"chrom": chroms, "start": start, "end": start + rng.integers(1, 11, 40), "strand": rng.choice(["+", "-"], 40), "n": rng.integers(1, 4, 40)})
    truth = {c: np.zeros(s, np.float32) for c, s in sizes.items()}
    for c, s, e, d, n in reads.itertuples(index=False):
        if of == "fragments": truth[c][s:e] += n
        else:
            for x in ([s, e - 1] if of == "ends" else [s if d == "+" else e - 1]): truth[c][x] += n
    cover = Coverage(reads, sizes, of, weight="n")
    assert list(cover) == list(sizes) and {c: cover[c].tolist() for c in cover} == {c: t.tolist() for c, t in truth.items()}
    windows = pd.DataFrame({"chrom": rng.choice(["a", "c"], 30), "start": rng.integers(0, 40, 30)}).assign(end=lambda f: f["start"] + 10)
    assert (window_signal(cover, windows, 10)[:, 0] == [truth[c][s:s + 10] for c, s in zip(windows["chrom"], windows["start"])]).all()


def test_coverage_shift_and_refusals():
    sizes = {"chr1": 20}
    assert np.flatnonzero(Coverage(frame("chr1 2 12"), sizes, "ends", shift=(4, -5))["chr1"]).tolist() == [6]
    assert np.flatnonzero(Coverage(frame("chr1 2 12"), sizes, "ends", shift=(4, -4))["chr1"]).tolist() == [6, 7]
    assert said(Coverage, frame("1 2 12"), sizes)[0]["chr1"].sum() == 10
    with pytest.raises(SpecError, match="strand"): Coverage(frame("chr1 2 12"), sizes, "five")
    with pytest.raises(DataError, match="chr1 has 20 bases"): Coverage(frame("chr1 2 22"), sizes)
    with pytest.raises(SpecError, match="ends"): Coverage(frame("chr1 2 12"), sizes, "end")


# ---- examples -----------------------------------------------------------------------------------------------------

def test_the_same_base_gives_the_same_window_whatever_the_names(ref):
    bed = frame("chr1 100 160 +", "chr2 700 760 -")
    plain = examples(bed, ref, 60)
    other, heard = said(examples, bed.assign(chrom=["1", "2"]), ref, 60)
    assert (plain.codes == other.codes).all() and plain.frame.equals(other.frame) and len(heard) == 1
    assert decode(plain.codes) == [ref["chr1:100-160"], ref["chr2:700-760:-"]]
    assert plain.frame["id"].tolist() == ["chr1:100-160", "chr2:700-760:-"]


@pytest.mark.parametrize("outside", ["error", "pad", "drop"])
def test_what_reaches_beyond_is_an_error_padded_or_dropped_with_a_count(ref, outside):
    bed = frame("chr1 0 10 +", "chr1 500 510 +", "chr2 2990 3000 -")
    if outside == "error":
        with pytest.raises(DataError, match="reaches beyond"): examples(bed, ref, 40)
        return
    found = examples(bed, ref, 40, outside=outside)
    assert found.codes.shape == (3 if outside == "pad" else 1, 40) and len(found.frame) == len(found.codes)
    assert any(("2 windows reach beyond their chromosome and were filled up with N" if outside == "pad" else "2 of 3 windows reach beyond their chromosome and were dropped") in n for n in found.notes)
    if outside == "pad": assert decode(found.codes)[0].startswith("N" * 15) and decode(found.codes)[2].startswith("N" * 15)


def test_rows_on_sequences_that_the_genome_lacks_are_counted(ref):
    found, heard = said(examples, frame("chr1 100 160", "chr7 100 160", "chrUn_gl000211 5 65"), ref, 60)
    assert len(found.frame) == 1 and any("2 of 3 intervals lie on sequences" in n for n in found.notes) and len(heard) == 1 and "chr7" in heard[0]
    with pytest.raises(DataError, match="no name matches"): examples(frame("gene5 1 61"), ref, 60)


@pytest.mark.parametrize("kind", ["gc", "repeats", "shuffle"])
def test_negatives_of_every_kind(ref, kind):
    bed = tile({"chr1": 1500, "chr2": 900}, 50, 200, offset=100).assign(strand="-", score=1.5)
    found, _ = said(examples, bed, ref, 50, negatives=kind, seed=1)
    n = len(bed)
    assert found.frame["label"].tolist() == [1] * n + [0] * n and found.codes.shape == (2 * n, 50) and found.frame["id"].is_unique
    assert found.frame.columns[:6].tolist() == ["id", "chrom", "start", "end", "strand", "label"] and (found.frame["strand"] == "-").all() and found.frame["score"].notna().sum() == n
    if kind == "shuffle": assert (np.sort(found.codes[:n], 1) == np.sort(found.codes[n:], 1)).all() and (found.frame["start"][:n].to_numpy() == found.frame["start"][n:].to_numpy()).all()
    else: assert not count_overlaps(found.frame[n:], bed).any() and (found.codes[n:] == ref.windows(found.frame[n:])).all()
    again, _ = said(examples, bed, ref, 50, negatives=kind, seed=1)
    assert (again.codes == found.codes).all() and again.frame.equals(found.frame)


def test_another_class_from_a_frame_and_avoided_places(ref):
    bed, other = frame("chr1 100 150", "chr1 200 250"), frame("chr2 100 190", "chr2 300 310", "chr1 900 950")
    found = examples(bed, ref, 50, negatives=other, label="bound")
    assert found.frame["bound"].tolist() == [1, 1, 0, 0, 0] and found.frame["start"].tolist() == [100, 200, 120, 280, 900]
    avoid = frame("chr1 0 1500", "chr2 0 1500")
    away, _ = said(examples, bed, ref, 50, negatives="gc", avoid=avoid, seed=0)
    assert not count_overlaps(away.frame[2:], avoid).any()


def test_summits_and_given_windows(ref):
    bed = frame("chr1 100 200 +", "chr1 300 420 -", peak=[10, 100])
    assert examples(bed, ref, 20, at="summit").frame["start"].tolist() == [100, 390]
    assert examples(bed, ref, 20, at="start").frame["start"].tolist() == [100, 400]
    with pytest.raises(DataError, match="is 120 wide"): examples(bed, ref, 100, at="as is")
    with pytest.raises(SpecError, match="Did you mean 'center'"): examples(bed, ref, 20, at="centre")
    with pytest.raises(SpecError, match="Did you mean 'outside'"): examples(bed, ref, 20, outsid="pad")
    with pytest.raises(SpecError): examples(bed, ref, 0)
    with pytest.raises(SpecError, match="resize|wide|negatives"): examples(bed, ref, 20, negatives="gcc")


def test_signal_columns_are_named(ref):
    ones = Track(chr1=np.ones(3000), chr2=np.full(3000, 2.))
    bed = frame("chr1 100 160 +", "chr2 700 760 -")
    assert examples(bed, ref, 60, signal=ones).frame["signal1"].tolist() == [1, 2]
    found = examples(bed, ref, 60, signal={"atac": ones, "cut": (ones, ones)}, bins=2).frame
    assert found.columns[5:].tolist() == ["atac_0", "atac_1", "cut_plus_0", "cut_plus_1", "cut_minus_0", "cut_minus_1"] and found.loc[1].iloc[5:].tolist() == [2.0] * 6
    with pytest.raises(DataError, match="chr1 has 5 bases, in the genome 3,000"): examples(bed, ref, 60, signal=Track(chr1=np.ones(5)))


def test_much_n_is_told(ref):
    found, heard = said(examples, frame("chr3 0 16", "chr1 0 16"), ref, 16)
    assert any("12.50% of the bases are N or ambiguous" in n for n in found.notes) and len(heard) == 1 and "more than 5 % in 1 windows" in heard[0]


def test_a_bed_from_a_file(ref, tmp_path):
    if not any("bed" in name.casefold() for name in FORMATS): pytest.skip("the door io.read does not know BED yet")
    (tmp_path / "peaks.bed").write_text("track name=x\nchr1\t100\t160\tp1\t0\t+\nchr2\t700\t760\tp2\t0\t-\n")
    (tmp_path / "other.bed").write_text("chr2\t100\t160\tq\t0\t+\n")
    found = examples(tmp_path / "peaks.bed", ref.path, 60, negatives=tmp_path / "other.bed")
    assert found.frame["label"].tolist() == [1, 1, 0] and decode(found.codes) == [ref["chr1:100-160"], ref["chr2:700-760:-"], ref["chr2:100-160"]]
    (tmp_path / "long.bed").write_text("chr1\t100\t160\nchr1\t2990\t3001\n")
    with pytest.raises(DataError, match="long.bed: 1 of 2 intervals do not fit"): examples(tmp_path / "long.bed", ref, 60)


def test_an_empty_bed_and_another_assembly(ref, monkeypatch):
    with pytest.raises(DataError, match="no intervals"): examples(frame("chr1 0 5")[:0], ref, 5)
    mine = assembly_sizes("dm6")
    monkeypatch.setitem(ref.sizes, "chr2L", mine["chr2L"])
    monkeypatch.setitem(ref.sizes, "chr3R", mine["chr3R"])
    dm3 = frame("chr3R 100 200", "chr2L 23011000 23011400")
    check_assembly(dm3, ref.sizes)
    dm6 = frame("chr2L 23513000 23513700", "chr3R 32079000 32079300")
    monkeypatch.setitem(ref.sizes, "chr2L", assembly_sizes("dm3")["chr2L"])
    monkeypatch.setitem(ref.sizes, "chr3R", assembly_sizes("dm3")["chr3R"])
    for outside in ("error", "drop", "pad"):
        with pytest.raises(DataError, match="in dm6 all of them fit"): examples(dm6, ref, 50, outside=outside)
