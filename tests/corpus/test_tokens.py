"""Words by a pattern, a function or another library's tokenizer; lower case; sentences of limited length."""

import gzip
import io
import random
import re
import signal
import threading
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference.corpus_oracle import check, lines_of, split
from sized import Sized

from fastemb.corpus import Corpus, Vocabulary

TEXT = "The cat, the CAT.\r\nIt's 3.5 o'clock\n\nÄpfel — und ÄPFEL!\nlast-one"


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "text.txt"
    path.write_bytes(TEXT.encode())
    return path


@pytest.fixture(scope="module")
def shared_path(tmp_path_factory):
    return tmp_path_factory.mktemp("texts") / "text.txt"


def plain_lines(content):
    return [line.removesuffix("\r") for line in lines_of(content)]


pieces = st.lists(
    st.sampled_from(["a", "B", "ab", "É", "Σ", "İ", "ß", "日", ",", ".", "-", " ", "\n", "\r\n", "\u2028"])
)
sizes = st.sampled_from([1, 2, 7, 1 << 20])


# ---- patterns ----


@pytest.mark.slow
@given(pieces.map("".join), st.sampled_from([r"\w+", r"(\w)-", r"[^,\n]+", r"\w*", r"^.", r".$"]), sizes, st.booleans())
@settings(max_examples=200)
def test_words_are_the_matches_of_a_pattern_in_each_line(shared_path, content, pattern, size, lower):
    content = "a-\n" + content
    shared_path.write_bytes(content.encode())
    lines = plain_lines(content.lower() if lower else content)
    sentences = [[word for word in re.findall(pattern, line) if word] for line in lines]
    for given_pattern in (pattern, re.compile(pattern)):
        options = {"token_pattern": given_pattern, "lower": lower, "workers": 2}
        if any(sentences):
            check(Sized(block_bytes=size).from_file(shared_path, **options), sentences)
        else:
            with pytest.raises(ValueError, match="no word"):
                Corpus.from_file(shared_path, **options)


def test_a_match_may_hold_white_space(path):
    path.write_text("new york, los angeles, new york\n")
    corpus = Corpus.from_file(path, token_pattern=r"[^,]*[^, ]")
    assert corpus.vocabulary.keys == ["new york", " los angeles", " new york"]


def test_flags_of_a_pattern_are_kept(path):
    path.write_text("aB c")
    assert Corpus.from_file(path, token_pattern=re.compile("[a-z]+", re.IGNORECASE)).words == 2


@pytest.mark.parametrize(
    ("pattern", "error", "message"),
    [
        ("(", ValueError, "token_pattern='\\(' is no regular expression"),
        (r"(a)(b)", ValueError, "token_pattern has 2 groups"),
        (re.compile(b"a"), TypeError, "pattern of str"),
        (b"a", TypeError, "must be a regular expression"),
        (7, TypeError, "must be a regular expression"),
    ],
)
def test_patterns_that_are_none_are_named(path, pattern, error, message):
    with pytest.raises(error, match=message):
        Corpus.from_file(path, token_pattern=pattern)


# ---- functions ----


def letters(line):
    return [letter for letter in line if letter.isalpha()]


@given(pieces.map("".join), sizes, st.integers(1, 3), st.booleans())
def test_words_are_what_a_function_makes_of_each_line(shared_path, content, size, workers, lower):
    content = "a\n" + content
    shared_path.write_bytes(content.encode())
    lines = plain_lines(content.lower() if lower else content)
    corpus = Sized(block_bytes=size).from_file(shared_path, tokenizer=letters, lower=lower, workers=workers)
    check(corpus, [letters(line) for line in lines])


def test_a_function_sees_lines_without_their_ends(path):
    seen = []
    Corpus.from_file(path, tokenizer=lambda line: seen.append(line) or ["x"], workers=1)
    assert seen == ["The cat, the CAT.", "It's 3.5 o'clock", "", "Äpfel — und ÄPFEL!", "last-one"]


def test_any_iterable_of_words_will_do_and_empty_ones_are_left_out(path):
    words = re.compile(r"\W").split
    expected = [[word for word in words(line) if word] for line in plain_lines(TEXT)]
    for make in (words, lambda line: iter(words(line)), lambda line: tuple(words(line))):
        assert list(Corpus.from_file(path, tokenizer=make)) == expected


def test_a_function_is_called_by_one_thread_at_a_time(path):
    sized = Sized(block_bytes=16)
    path.write_text("a b c\n" * 500)
    inside = threading.Lock()

    def tokenizer(line):
        assert inside.acquire(blocking=False)
        words = line.split()
        time.sleep(1e-4)
        inside.release()
        return words

    assert sized.from_file(path, tokenizer=tokenizer, workers=4).words == 1500


def test_words_keep_the_order_of_the_file_whatever_the_workers(path):
    sized = Sized(block_bytes=32)
    rng = random.Random(1)
    content = "\n".join(" ".join(f"w{rng.randrange(200)}" for _ in range(rng.randrange(9))) for _ in range(300))
    path.write_text(content)
    for workers in (1, 2, 5):
        check(sized.from_file(path, tokenizer=str.split, workers=workers), split(content))
        check(sized.from_file(path, token_pattern=r"\S+", workers=workers), split(content))


class Piped:
    """A tokenizer that is given many lines at once, as spaCy's are."""

    def __init__(self, function):
        self._function = function

    def __call__(self, line):
        raise AssertionError

    def pipe(self, lines):
        self._function(lines)
        return [[] for _ in lines]


@pytest.mark.parametrize("kind", ["function", "pipe"])
@pytest.mark.parametrize("door", ["file", "sentences", "table"])
@pytest.mark.parametrize("workers", [1, 3])
def test_an_interrupt_does_not_wait_for_the_lines_that_were_read(path, kind, door, workers):
    lines = ["a b"] * 30_000
    passed = []

    def tokenize(some):
        before = len(passed)
        passed.extend(some)
        time.sleep(2e-4 * len(some))
        if before < 200 <= len(passed):
            signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)

    tokenizer = Piped(tokenize) if kind == "pipe" else lambda line: tokenize([line]) or line.split()
    sized = Sized(block_bytes=50_000)
    path.write_text("\n".join(lines))
    doors = {
        "file": lambda: sized.from_file(path, tokenizer=tokenizer, workers=workers),
        "sentences": lambda: Corpus.from_sentences(lines, split=True, tokenizer=tokenizer),
        "table": lambda: Corpus.from_arrow(pytest.importorskip("pyarrow").array(lines), tokenizer=tokenizer),
    }
    with pytest.raises(KeyboardInterrupt):
        doors[door]()
    assert len(passed) < 5_000


@pytest.mark.parametrize("workers", [1, 2])
def test_an_error_of_a_function_surfaces_with_file_and_line(path, workers):
    def tokenizer(line):
        if line.startswith("Äpfel"):
            raise KeyError("apples")
        return line.split()

    with pytest.raises(KeyError, match="apples") as caught:
        Corpus.from_file(path, tokenizer=tokenizer, workers=workers)
    assert caught.value.__notes__ == [f"{path}, line 4"]


@pytest.mark.parametrize(
    ("tokenizer", "message"),
    [
        (7, "tokenizer must be a function"),
        ("split", "tokenizer must be a function"),
        (lambda line: line, "must return a list of tokens, not 'The cat"),
        (lambda line: None, "must return a list of tokens, not None"),
        (lambda line: [1, 2], "must return tokens that are str, not 1"),
        (lambda line: [b"a"], "must return tokens that are str, not b'a'"),
    ],
)
def test_functions_that_make_no_words_are_named(path, tokenizer, message):
    with pytest.raises(TypeError, match=message):
        Corpus.from_file(path, tokenizer=tokenizer)


@pytest.mark.parametrize("token", ["a\0b", "\ud800"])
def test_words_that_are_no_text_are_an_error(path, token):
    with pytest.raises(ValueError, match="the tokenizer made") as caught:
        Corpus.from_file(path, tokenizer=lambda line: ["fine", token if "Äpfel" in line else "ok"])
    assert caught.value.__notes__ == [f"{path}, line 4"]


def test_faults_in_the_text_have_their_line_with_a_tokenizer_too(path):
    for content, message in ((b"a\n\xff", "line 2: invalid UTF-8"), (b"a\nb\0", "line 2: NUL byte")):
        path.write_bytes(content)
        with pytest.raises(ValueError, match=message):
            Corpus.from_file(path, tokenizer=str.split)
    path.write_bytes(b"a \xff")
    corpus = Corpus.from_file(path, tokenizer=str.split, unicode_errors="replace")
    assert corpus.vocabulary.keys == ["a", "\ufffd"]


def test_other_options_hold_for_tokenizers_too(path):
    path.write_bytes(gzip.compress("B b a\nB A".encode("utf-16")))
    options = {"tokenizer": str.split, "encoding": "utf-16", "lower": True}
    assert list(Corpus.from_file(path, **options)) == [["b", "b", "a"], ["b", "a"]]
    assert list(Corpus.from_file(path, min_count=3, **options)) == [["b", "b"], ["b"]]
    assert list(Corpus.from_file(path, max_sentence_length=2, **options)) == [["b", "b"], ["a"], ["b", "a"]]
    assert list(Corpus.from_file(path, vocabulary=Vocabulary(["a"], [1]), **options)) == [["a"], ["a"]]


def test_either_a_pattern_or_a_tokenizer(path):
    with pytest.raises(ValueError, match="either token_pattern or tokenizer"):
        Corpus.from_file(path, tokenizer=str.split, token_pattern="a")


# ---- other libraries ----


def test_hugging_face_tokenizers_work_as_they_are(path):
    tokenizers = pytest.importorskip("tokenizers")
    tokenizer = tokenizers.Tokenizer(tokenizers.models.BPE(unk_token="[UNK]"))
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    trainer = tokenizers.trainers.BpeTrainer(
        special_tokens=["[UNK]", "[CLS]"], vocab_size=60, show_progress=False, limit_alphabet=20
    )
    tokenizer.train_from_iterator(plain_lines(TEXT), trainer)
    tokenizer.post_processor = tokenizers.processors.TemplateProcessing(
        single="[CLS] $A", special_tokens=[("[CLS]", tokenizer.token_to_id("[CLS]"))]
    )
    expected = [tokenizer.encode(line, add_special_tokens=False).tokens for line in plain_lines(TEXT)]
    assert any("[UNK]" in tokens for tokens in expected)
    corpus = Corpus.from_file(path, tokenizer=tokenizer)
    assert list(corpus) == expected


def test_spacy_pipelines_and_tokenizers_work_as_they_are(path):
    spacy = pytest.importorskip("spacy")
    path.write_text("It's  here.\n\nDon't  go!\n")
    expected = [["It", "'s", "here", "."], [], ["Do", "n't", "go", "!"]]
    pipeline = spacy.blank("en")
    for tokenizer in (pipeline, pipeline.tokenizer):
        assert list(Corpus.from_file(path, tokenizer=tokenizer)) == expected


class Token:
    def __init__(self, text):
        self.text = text
        self.is_space = text.isspace()


class Pipeline:
    """What is used of spaCy."""

    def __call__(self, line):
        return [Token(piece) for piece in re.findall(r"\w+|\s\s+|[^\w\s]", line)]

    def pipe(self, lines):
        return map(self, lines)


class Tokenizer:
    """NLTK's and transformers' way."""

    def tokenize(self, line):
        return line.split("-")


def test_objects_with_their_methods_work(path):
    path.write_text("It's  here.\nlast-one")
    assert list(Corpus.from_file(path, tokenizer=Pipeline())) == [["It", "'", "s", "here", "."], ["last", "-", "one"]]
    assert next(iter(Corpus.from_file(path, tokenizer=Pipeline().__call__))) == ["It", "'", "s", "  ", "here", "."]
    assert list(Corpus.from_file(path, tokenizer=Tokenizer())) == [["It's  here."], ["last", "one"]]


# ---- lower case ----

cased = st.lists(
    st.sampled_from(
        ["A", "Éa", "É", "é", "ΣΑΣ", "Σ", "σας", "İ", "i̇", "ẞ", "ß", "\u212a", "k", "ǅ", " ", "\n", "\u3000"]
    )
    | st.characters(categories=["Lu", "Lt", "Ll", "Mn"])
).map("".join)


@pytest.mark.slow
@given(cased, sizes, st.integers(1, 3))
@settings(max_examples=300)
def test_lower_case_is_that_of_str(shared_path, content, size, workers):
    content = "a " + content
    shared_path.write_bytes(content.encode())
    corpus = Sized(block_bytes=size).from_file(shared_path, lower=True, workers=workers)
    check(corpus, [[word.lower() for word in line] for line in split(content)])
    assert list(corpus) == split(content.lower())


@given(st.lists(st.sampled_from([b"A", b"\xc3\x89", b"\xff", b"\xfe", b" ", b"\n"])).map(b"".join))
def test_lower_case_and_invalid_bytes_go_together(shared_path, noise):
    content = b"word " + noise
    shared_path.write_bytes(content)
    for errors in ("replace", "ignore"):
        corpus = Corpus.from_file(shared_path, lower=True, unicode_errors=errors)
        lines = content.removesuffix(b"\n").split(b"\n")
        check(corpus, [line.decode("utf-8", errors).lower().split() for line in lines])


def test_words_that_lower_case_makes_equal_are_as_early_as_the_first(path):
    path.write_text("É a a é a b\n")
    corpus = Corpus.from_file(path, lower=True)
    assert corpus.vocabulary.keys == ["a", "é", "b"]
    assert corpus.ids.tolist() == [1, 0, 0, 1, 0, 2]
    assert Corpus.from_file(path, lower=True, vocabulary=Vocabulary(["é"], [1])).words == 2


# ---- sentences of limited length ----


def cut(sentences, longest):
    """gensim's LineSentence, with empty lines kept."""
    return [line[at : at + longest] for line in sentences for at in range(0, max(len(line), 1), longest)]


lines = st.lists(st.lists(st.sampled_from(["a", "bb", "ccc", "日本"]), max_size=14), max_size=6).filter(any)


@pytest.mark.integration
@given(
    lines,
    st.integers(1, 8),
    st.sampled_from([1, 3, 8, 20, 1 << 20]),
    st.integers(1, 3),
    st.sampled_from(["", "\n", " "]),
)
@settings(max_examples=300)
def test_long_lines_are_cut_and_nothing_is_lost(shared_path, sentences, longest, size, workers, end):
    content = "\n".join(map(" ".join, sentences)) + end
    shared_path.write_bytes(content.encode())
    expected = cut(split(content), longest)
    corpus = Sized(block_bytes=size).from_file(shared_path, max_sentence_length=longest, workers=workers)
    check(corpus, expected)
    options = {"max_sentence_length": longest, "tokenizer": str.split, "workers": workers}
    corpus = Sized(block_bytes=size).from_file(shared_path, **options)
    check(corpus, expected)


def test_lines_are_cut_before_rare_words_are_dropped(path):
    path.write_text("a a b a a\n")
    corpus = Corpus.from_file(path, max_sentence_length=3, min_count=2)
    assert list(corpus) == [["a", "a"], ["a", "a"]]


def test_the_length_of_sentences_is_checked(path):
    for value, error in ((0, ValueError), (2.5, TypeError)):
        with pytest.raises(error, match="max_sentence_length"):
            Corpus.from_file(path, max_sentence_length=value)


def test_lines_of_several_files_are_cut_apart(path):
    assert list(Corpus.from_file([io.BytesIO(b"a b c"), io.BytesIO(b"d e")], max_sentence_length=2)) == [
        ["a", "b"],
        ["c"],
        ["d", "e"],
    ]
