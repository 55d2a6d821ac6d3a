"""Stamps as values: what is drawn, with which fonts, and what never happens."""

import random
import re
import subprocess
import sys
import time
import unicodedata
from io import BytesIO

import pytest
from fontTools.ttLib import TTFont

from sigillo.engine.errors import Unplaceable
from sigillo.engine.signature_text import DEFAULT_SIGNATURE_TEXT, render_signature_text
from sigillo.engine.stamp import Stamp, compose_stamp
from sigillo.engine.stamp.layout import MAXIMUM_SIZE, MINIMUM_SIZE
from sigillo.engine.stamp.typefaces import DIRECTORY, FILES

NAMES = "Łukasz 王 Ιωάννης العربية"
LINES = render_signature_text(
    DEFAULT_SIGNATURE_TEXT,
    {"CN": NAMES, "C": "IT", "L": "Roma", "OU": "Legale", "O": "Example", "E": "l@example.org"},
)

SCRIPTS = {
    "NotoSans-Regular": "Łukasz Ιωάννης Дмитрий Nguyễn Văn Ộ ẍ̄",
    "DroidSansFallbackFull": "王小明 山田カタカナひらがな 「株式会社」、ㄅㄆ",
    "NotoSansKR-Hangul": "홍길동 뷁",
    "NotoSansArabic-Regular": "العربية اردو گلزار ٹیسٹ سلام وقّع",
    "NotoSansHebrew-Regular": "דוד כהן בְּרֵאשִׁית",
    "NotoSansDevanagari-Regular": "श्री राजेन्द्र हस्ताक्षरित।",
    "NotoSansBengali-Regular": "বাংলা স্বাক্ষর",
    "NotoSansTamil-Regular": "தமிழ் கையொப்பம்",
    "NotoSansTelugu-Regular": "తెలుగు సంతకం",
    "NotoSansGujarati-Regular": "ગુજરાતી સહી",
    "NotoSansKannada-Regular": "ಕನ್ನಡ ಸಹಿ",
    "NotoSansMalayalam-Regular": "മലയാളം ഒപ്പ്",
    "NotoSansOriya-Regular": "ଓଡ଼ିଆ ଦସ୍ତଖତ",
    "NotoSansGurmukhi-Regular": "ਪੰਜਾਬੀ ਦਸਤਖਤ",
    "NotoSansSinhala-Regular": "සිංහල අත්සන",
    "NotoSansThai-Regular": "ลงนามโดย น้ำ ทำดี",
    "NotoSansLao-Regular": "ພາສາລາວ ຊື່",
    "NotoSansKhmer-Regular": "ខ្មែរ កម្ពុជា",
    "NotoSansMyanmar-Regular": "မြန်မာ လက်မှတ်",
    "NotoSansEthiopic-Regular": "አማርኛ ፊርማ",
    "NotoSansArmenian-Regular": "Հայերեն ստորագրություն",
    "NotoSansGeorgian-Regular": "ქართული ხელმოწერა",
    "NotoSansThaana-Regular": "ދިވެހި",
    "NotoSansTifinagh-Regular": "ⵜⵉⴼⵉⵏⴰⵖ",
    "NotoSansCanadianAboriginal-Regular": "ᐃᓄᒃᑎᑐᑦ",
    "NotoSerifTibetan-Regular": "བོད་སྐད།",
}


def shown_glyphs(stamp: Stamp) -> dict[str, list[int]]:
    """The glyph numbers that the content shows, by font resource."""
    shown: dict[str, list[int]] = {}
    current = ""
    for resource, array in re.findall(r"/(F\d+) \S+ Tf|\[(.*?)\] TJ", stamp.content.decode()):
        current = resource or current
        for string in re.findall(r"<([0-9A-F]*)>", array):
            numbers = [int(string[place : place + 4], 16) for place in range(0, len(string), 4)]
            shown.setdefault(current, []).extend(numbers)
    return shown


def sizes(stamp: Stamp) -> set[float]:
    return {float(size) for size in re.findall(r"/F\d+ (\S+) Tf", stamp.content.decode())}


def baselines(stamp: Stamp) -> list[tuple[float, float]]:
    found = re.findall(r"1 0 0 1 (\S+) (\S+) Tm", stamp.content.decode())
    return [(float(x), float(y)) for x, y in found]


@pytest.mark.parametrize("file", FILES)
def test_every_script_is_drawn_in_its_typeface(file: str) -> None:
    stamp = compose_stamp([SCRIPTS[file]], 400, 40)
    assert stamp.missing == ()
    assert file in {font.base_font.partition("+")[2] for font in stamp.fonts}
    for numbers in shown_glyphs(stamp).values():
        assert 0 not in numbers, "glyph 0 is .notdef"


def test_the_name_of_four_scripts_is_complete() -> None:
    stamp = compose_stamp(LINES, 150, 50)
    assert stamp.missing == ()
    assert [font.base_font[7:] for font in stamp.fonts] == [
        "NotoSans-Regular",
        "DroidSansFallbackFull",
        "NotoSansArabic-Regular",
    ]


def test_what_no_typeface_has_is_named_and_drawn_as_a_replacement() -> None:
    stamp = compose_stamp(["a😀b\ue000 😀ܣ"], 150, 50)
    assert stamp.missing == ("😀", "\ue000", "ܣ")
    assert "<FFFD>" in stamp.fonts[0].to_unicode.decode()
    assert 0 not in shown_glyphs(stamp)["F0"]


def test_a_mark_without_a_glyph_does_not_take_its_base_away() -> None:
    assert compose_stamp(["a\u0fc6b"], 150, 50).missing == ()
    assert compose_stamp(["王\U0001e131"], 150, 50).missing == ("\U0001e131",)


def test_half_a_surrogate_pair_is_no_character() -> None:
    assert "<FFFD>" in compose_stamp(["a\ud800b"], 150, 50).fonts[0].to_unicode.decode()


@pytest.mark.parametrize("steering", ["\u202e", "\u2066", "\u200f", "\ufeff", "\x00", "\u00ad", "\ufe0f"])
def test_unseen_characters_change_nothing(steering: str) -> None:
    plain = compose_stamp(["Anna 100"], 150, 50)
    assert compose_stamp([f"{steering}An{steering}na {steering}100"], 150, 50).content == plain.content


@pytest.mark.parametrize("file", FILES)
def test_the_embedded_program_is_what_the_font_says(file: str) -> None:
    font = next(font for font in compose_stamp([SCRIPTS[file]], 400, 40).fonts if font.base_font.endswith(file))
    program = TTFont(BytesIO(font.program))
    scale = 1000 / program["head"].unitsPerEm
    advances = [program["hmtx"][name][0] * scale for name in program.getGlyphOrder()]
    assert list(font.widths) == pytest.approx(advances, abs=0.01)
    assert {"glyf", "loca", "head", "hhea", "hmtx", "maxp"} <= set(program.keys())
    assert len(font.program) < 60_000
    assert re.fullmatch(r"[A-Z]{6}\+[A-Za-z-]+", font.base_font)
    assert font.descent < 0 < font.cap_height <= font.ascent


def test_equal_arguments_give_equal_bytes_in_every_process() -> None:
    program = (
        "import hashlib, sys\n"
        "from sigillo.engine.stamp import compose_stamp\n"
        f"stamp = compose_stamp({[*LINES, *SCRIPTS.values()]!r}, 300, 400)\n"
        "print(hashlib.sha256(repr(stamp).encode()).hexdigest())\n"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONPATH": "src", "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for seed in ("0", "1")
    }
    assert len(digests) == 1


def test_stamps_that_differ_by_their_date_share_their_fonts() -> None:
    one, other = (
        compose_stamp([*LINES, f"2026-{month:02}-07 10:{minute:02}:59 UTC"], 150, 60)
        for month, minute in ((10, 11), (12, 48))
    )
    assert one.content != other.content
    assert all(a is b for a, b in zip(one.fonts, other.fonts, strict=True))


def test_text_is_as_large_as_fits_and_never_larger_than_the_maximum() -> None:
    assert sizes(compose_stamp(["One line"], 300, 100)) == {MAXIMUM_SIZE}
    (size,) = sizes(compose_stamp(LINES, 150, 50))
    assert MINIMUM_SIZE < size < MAXIMUM_SIZE
    assert max(sizes(compose_stamp(LINES, 300, 100))) > size


def test_long_lines_wrap_between_words() -> None:
    assert len(baselines(compose_stamp(["Signed by Anna-Maria Müller of Rome"], 90, 50))) > 1
    assert len(baselines(compose_stamp(["代表取締役社長山田太郎株式会社"], 90, 50))) > 1


def test_what_does_not_fit_ends_in_an_ellipsis() -> None:
    full, cut = (compose_stamp(LINES, width, height) for width, height in ((150, 50), (60, 20)))
    assert len(baselines(cut)) < len(baselines(full))
    for stamp, ends in ((cut, True), (full, False)):
        ellipsis = re.search(r"<([0-9A-F]{4})> <2026>", stamp.fonts[0].to_unicode.decode())
        assert ellipsis is not None
        assert (int(ellipsis[1], 16) in shown_glyphs(stamp)["F0"][-1:]) is ends


def test_right_to_left_paragraphs_stand_on_the_right() -> None:
    (left, _), (right, _) = baselines(compose_stamp(["Rome", "רומא"], 150, 50))
    assert left < 10
    assert right > 75


@pytest.mark.parametrize(("width", "height"), [(150, 50), (60, 20), (300, 100), (3, 80), (80, 3), (0.2, 0.1)])
def test_painting_is_clipped_to_the_rectangle(width: float, height: float) -> None:
    content = compose_stamp(LINES, width, height).content.decode()
    assert content.startswith(f"q 0 0 {width} {height} re W n\n")
    assert content.endswith("\nQ")
    assert content.count("q") == content.count("Q") == 1


@pytest.mark.parametrize("lines", [[], [""], ["  ", "\t", "\n", "\u202e"]])
def test_a_stamp_without_words_is_a_frame(lines: list[str]) -> None:
    stamp = compose_stamp(lines, 150, 50)
    assert shown_glyphs(stamp) == {}
    assert stamp.fonts == ()


def test_a_line_break_begins_a_line() -> None:
    assert compose_stamp(["a\nb\u2028c"], 150, 50).content == compose_stamp(["a", "b", "c"], 150, 50).content


@pytest.mark.parametrize(("width", "height"), [(0, 10), (10, 0), (-1, 10), (float("nan"), 10), (10, float("inf"))])
def test_a_rectangle_without_area_is_refused(width: float, height: float) -> None:
    with pytest.raises(Unplaceable) as refusal:
        compose_stamp(LINES, width, height)
    assert refusal.value.code == "stamp_without_area"


def test_any_text_at_all_can_be_drawn() -> None:
    chance = random.Random(1)
    for _ in range(150):
        line = "".join(chr(chance.randrange(0x110000)) for _ in range(chance.randrange(1, 12)))
        shown_glyphs(compose_stamp([line, unicodedata.normalize("NFD", line)], 120, 40))


@pytest.mark.parametrize(
    "text", ["x" * 5000, "王" * 5000, "a\u0301\u0302" * 2000, "()" * 2500, "ع" * 5000, "a " * 2500]
)
def test_hostile_text_is_bounded(text: str) -> None:
    started = time.perf_counter()
    for width, height in ((150, 50), (4, 4), (500, 700)):
        stamp = compose_stamp([text] * 100, width, height)
        assert len(stamp.content) < 100_000
    assert time.perf_counter() - started < 5


def test_licences_travel_with_the_typefaces() -> None:
    assert {path.stem for path in DIRECTORY.glob("*.ttf")} == set(FILES)
    assert "SIL OPEN FONT LICENSE Version 1.1" in (DIRECTORY / "OFL.txt").read_text()
    assert "Apache License" in (DIRECTORY / "APACHE-2.0.txt").read_text()
    sources = (DIRECTORY / "SOURCES.txt").read_text()
    assert all(name in sources for name in ("NotoSans*", "NotoSerifTibetan", "NotoSansKR-Hangul", "Droid"))
