"""Text of many languages and shapes: right ids through every door, or a clear error."""
# ruff: noqa: RUF001

import gzip

import pytest
from reference.corpus_oracle import check, split

from fastemb.corpus import Corpus, LineSentence, text

SAMPLES = {
    "German": "Die größte Straße Österreichs führt übers Gebirge.\nDie Straße ist größer als üblich.\n",
    "Chinese": "我们 喜欢 学习 语言 。\n我们 学习 中文 ，不 学习 英文 。\n",
    "Chinese, unsegmented": "我们喜欢学习语言。\n我们学习中文，不学习英文。\n",
    "Chinese, wide spaces": "我们\u3000喜欢\u3000学习\n我们\u3000学习\n",
    "Armenian": "Բոլոր մարդիկ ծնվում են ազատ ու հավասար։\nԲոլոր մարդիկ ազատ են։\n",
    "Cherokee": "ᏂᎦᏓ ᎠᏂᏴᏫ ᏂᎨᎫᏓᎸᎾ ᎠᎴ ᎤᏂᏠᏱ\nᎠᎴ ꮒꭶꮣ ᎠᏂᏴᏫ ᏂᎦᏓ\n",
    "Greek": "ΟΔΟΣ ΣΟΦΟΣ Σ\nὁδὸς σοφός ΟΔΟΣ\n",
    "Turkish": "İSTANBUL IŞIK ısı\nistanbul i\u0307stanbul ışık\n",
    "Thai": "ภาษาไทย ไม่มี ช่องว่าง\nภาษาไทย\n",
    "Arabic": "السلام عليكم\u200f ورحمة\nالسلام\n",
    "emoji": "good 👍🏽 day 👨‍👩‍👧‍👦 🇩🇪\n👍🏽 👍 😀😀\n",
    "CRLF": "one two\r\nthree\r\n\r\nfour\r\n",
    "old Mac": "one two\rthree four\r",
    "BOM": "\ufeffone two\n\ufeffone\n",
    "U+2028": "one\u2028two\u2029three\nfour\u0085five\u00a0six\n",
    "control characters": "a\x01b \x1fc\x1cd \x7f\ne\x0bf\x0cg\n",
    "no last newline": "one two\nthree",
    "only one line": "one",
    "empty lines": "\n\none\n\n\n",
    "blank lines": " \n\t\none \n \n",
    "combining": "e\u0301te \u0301 été\n",
    "beyond the BMP": "\U0001d54f \U0010ffff \U00010400\n\U00010428\n",
    "long words": "x" * 5000 + " " + "é" * 3000 + "\n" + "x" * 5000 + "\n",
}


@pytest.fixture(params=SAMPLES, ids=lambda name: name.replace(" ", "-"))
def sample(request):
    return SAMPLES[request.param]


@pytest.mark.slow
@pytest.mark.parametrize("size", [1, 5, 64, 1 << 20])
@pytest.mark.parametrize("lower", [False, True])
def test_words_are_those_of_python(tmp_path, sample, size, lower, monkeypatch):
    monkeypatch.setattr(text, "BLOCK_BYTES", size)
    (tmp_path / "plain").write_bytes(sample.encode())
    (tmp_path / "packed").write_bytes(gzip.compress(sample.encode()))
    content = sample.removeprefix("\ufeff")
    sentences = split(content.lower() if lower else content)
    for name in ("plain", "packed"):
        for workers in (1, 2):
            check(Corpus.from_file(tmp_path / name, lower=lower, workers=workers), sentences)
    (tmp_path / "wide").write_bytes(content.encode("utf-16"))
    check(Corpus.from_file(tmp_path / "wide", encoding="utf-16", lower=lower), sentences)
    if size > 1:
        check(Corpus.from_file(tmp_path / "plain", lower=lower, tokenizer=str.split), sentences)
        check(Corpus.from_file(tmp_path / "plain", lower=lower, token_pattern=r"[^\s]+"), sentences)


def test_line_sentence_agrees(tmp_path, sample):
    path = tmp_path / "text"
    path.write_bytes(sample.removeprefix("\ufeff").encode())
    kept = [sentence for sentence in Corpus.from_file(path) if sentence]
    assert list(LineSentence(path)) == kept


@pytest.mark.parametrize("bad", [b"\xff", b"\xc3", b"\xe2\x82", b"\xed\xa0\x80", b"\xf5\x80\x80\x80", b"\xc0\x80"])
def test_invalid_utf8_is_an_error_or_replaced_or_ignored(tmp_path, bad):
    path = tmp_path / "text"
    content = "größer 日本\n".encode() + b"a" + bad + b"b c\nend\n"
    path.write_bytes(content)
    for options in ({}, {"tokenizer": str.split}, {"token_pattern": r"\S+"}):
        with pytest.raises(ValueError, match=r"text, line 2: invalid UTF-8; name its encoding, .*unicode_errors"):
            Corpus.from_file(path, **options)
        for errors in ("replace", "ignore"):
            corpus = Corpus.from_file(path, unicode_errors=errors, **options)
            assert list(corpus) == split(content.decode("utf-8", errors))


def test_a_line_of_ten_million_bytes_is_one_sentence(tmp_path):
    path = tmp_path / "text"
    words = ["one", "two", "größer"] * 700_000
    path.write_text(" ".join(words), encoding="utf-8")
    for workers in (1, 2):
        corpus = Corpus.from_file(path, workers=workers)
        assert len(corpus) == 1
        assert corpus.ids.tolist() == [0, 1, 2] * 700_000
    corpus = Corpus.from_file(path, max_sentence_length=1000)
    assert set(corpus.offsets[1:] - corpus.offsets[:-1]) == {1000}
    assert corpus.ids.tolist() == [0, 1, 2] * 700_000
