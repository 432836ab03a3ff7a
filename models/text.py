"""Documents, sentences and the segmentation of a text into sentences with exact character offsets.

The passes of `segment`: lines are gathered into paragraphs, nupunkt proposes sentence breaks inside each
paragraph, wrong breaks are taken out, missed breaks are put in, and white space is trimmed. A rule only ever
moves a break; no character of the text is changed, so an offset always points into the text as it was given.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from nupunkt import PunktSentenceTokenizer


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a text, with its place in it.

    Attributes:
        index: Position among the sentences of the text, from 0.
        start: Offset of the first character, so that `text[start:end]` is the sentence.
        end: Offset after the last character.
        text: The sentence itself, without white space at its ends.
        paragraph: Number of the paragraph that holds it, from 0.
    """

    index: int
    start: int
    end: int
    text: str
    paragraph: int


@dataclass(frozen=True, slots=True)
class Document:
    """A report or an official text, as it was read.

    Attributes:
        text: The whole text, the title included where the text carries one.
        title: The title, if known.
        date: The date as the source writes it, if known.
        identifier: A name by which the source can be found again, such as a path.
        publisher: Who published it, if known.
    """

    text: str
    title: str | None = None
    date: str | None = None
    identifier: str | None = None
    publisher: str | None = None


def segment(text: str) -> list[Sentence]:
    """Divide a text into sentences.

    Args:
        text: Any text. Lines broken at a fixed width are read as one paragraph, so a sentence may hold a
            line break.

    Returns:
        The sentences in their order; together they hold every visible character of the text. A blank text
        has none.
    """
    sentences: list[Sentence] = []
    paragraphs = list(_paragraphs(text))
    for number, paragraph in enumerate(paragraphs):
        # A headline in capitals may hold a full stop: "ENVOYS MEET. TALKS GO ON."
        headline = number == 0 and len(paragraphs) > 1 and _is_headline(text[slice(*paragraph)])
        for start, end in [paragraph] if headline else _sentence_spans(text, paragraph):
            sentences.append(Sentence(len(sentences), start, end, text[start:end], number))
    return sentences


def find_title(text: str, sentences: list[Sentence]) -> str | None:
    """Find the title that a text opens with.

    Args:
        text: The text.
        sentences: Its sentences, from `segment`.

    Returns:
        The title in one line, or None where the text starts with its first sentence.
    """
    if len(sentences) < 2 or sentences[1].paragraph == sentences[0].paragraph:
        return None
    first = text[sentences[0].start : sentences[0].end]
    return " ".join(first.split()) if _looks_like_title(first) else None


# --- Words that decide ---

_CLOSING = "\"'”’»)]}"
_OPENING = "\"'“‘«([{"
# White space and characters that show nothing. A line of them is blank; no sentence begins or ends with one.
_BLANK = (
    " \t\n\r\x0b\x0c\x1c\x1d\x1e\x1f\x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008"
    "\u2009\u200a\u2028\u2029\u202f\u205f\u3000\u200b\u2060\ufeff\x00"
)

# A title stands before a name and never ends a sentence.
_TITLES = frozenset(
    "mr mrs ms mme messrs dr prof gen lt col maj capt cpt sgt adm cmdr brig sen sens rep reps gov govs"
    " pres hon amb rev msgr st ste mt h.e h.m h.h h.r.h supt insp asst dep".split()
)
_MONTHS = frozenset("jan feb mar apr jun jul aug sep sept oct nov dec".split())
# These stand before a number.
_BEFORE_NUMBER = _MONTHS | frozenset(
    "no nos nr art arts para paras par sec secs sect ch chap vol vols p pp pg fig figs res doc docs ref"
    " cl reg".split()
)
# These never stand last.
_BEFORE_MORE = frozenset("vs e.g i.e cf viz approx ca incl esp".split())
# These belong to the word after them, if it is a name, and may as well end a sentence.
_BEFORE_NAME = frozenset("u.s u.n u.k e.u u.s.a u.a.e u.s.s.r inc co ltd corp bros jr sr".split())
_MAY_END = _BEFORE_NAME | frozenset("d.c p.r.c d.p.r.k etc a.m p.m pct mln bln dlrs stg ph.d".split())
_OTHER_ABBREVIATIONS = frozenset(
    "ph assn dept univ govt intl natl atty treas calif conn wash penn tenn minn mich okla ariz colo"
    " engr secy lieut prov comm conf admin inst resp".split()
)
_ABBREVIATIONS = _TITLES | _BEFORE_NUMBER | _BEFORE_MORE | _MAY_END | _OTHER_ABBREVIATIONS

# Words that begin a sentence far more often than they are part of a name.
_STARTERS = frozenset(
    "the this that these those a an he she it they we i you there here his her its their our my your in"
    " on at by for from with as to after before during while when where since if although though despite"
    " both all each many most some several such another and but or so yet however moreover furthermore"
    " meanwhile also then thus therefore finally earlier later today yesterday tomorrow according what"
    " who why how not nor only".split()
)
# Wire stories capitalise whatever follows "U.S.", and these follow it in the middle of a sentence as a rule.
_WEAK_STARTERS = frozenset("and or to from with for by as".split())
_AFTER_HOUR = frozenset(
    "monday tuesday wednesday thursday friday saturday sunday gmt utc est edt cet eastern central"
    " pacific".split()
)
# A letter after one of these is a label and may end a sentence; after another name it is an initial.
_LETTERED = frozenset(
    "annex appendix plan group option part section table schedule category class phase".split()
)
_REPORTING = "said|says|asked|asks|told|added|replied|answered|wrote|wondered|demanded"

# --- Lines and paragraphs ---

_LIST_MARKER = (
    r"(?:[-*•●▪◦‣·–—]|o|\(?\d{1,3}[.)]|\d{1,2}(?:\.\d{1,2}){1,3}(?:[.)]|(?=\s[A-Z“\"]))"
    r"|\(?[A-Za-z][.)]|\(?[ivxIVX]{1,5}[.)]|\[\d{1,3}\])"
)
_STARTS_WITH_MARKER = re.compile(_LIST_MARKER + r"\s")
_BARE_MARKER = re.compile(_LIST_MARKER.replace("|o|", "|"))
_WIDEST_WRAP = 120
_NARROWEST_WRAP = 40
_LONGEST_TITLE = 300


class _Line(NamedTuple):
    """A line that is not blank: its span without white space, its indent, and if a blank line goes before."""

    start: int
    end: int
    indent: int
    after_blank: bool


def _lines(text: str) -> list[_Line]:
    lines: list[_Line] = []
    offset = 0
    after_blank = True
    for raw in text.splitlines(keepends=True):
        content = raw.strip(_BLANK)
        if content:
            indent = len(raw) - len(raw.lstrip(_BLANK))
            lines.append(_Line(offset + indent, offset + indent + len(content), indent, after_blank))
        after_blank = not content
        offset += len(raw)
    return lines


def _paragraphs(text: str) -> Iterator[tuple[int, int]]:
    lines = _lines(text)
    width = _wrap_width(text, lines)
    first = 0
    for position in range(1, len(lines) + 1):
        if position < len(lines) and _continues(
            text, lines[position - 1], lines[position], lines[first], width
        ):
            continue
        if lines:
            yield lines[first].start, lines[position - 1].end
        first = position


def _continues(text: str, line: _Line, following: _Line, opening: _Line, width: int | None) -> bool:
    """Whether a line goes on with the paragraph of the line before it, which `opening` started."""
    if _BARE_MARKER.fullmatch(text, line.start, line.end):
        return True
    if following.after_blank:
        return False
    marked = _STARTS_WITH_MARKER.match(text, following.start, following.end) is not None
    if width is None:
        return not marked and _ends_in_article(text, line)
    full = _is_full(text, line, following, width)
    if marked:
        # A dash, an initial or a number may also have come to the start of a line by chance.
        in_list = text[opening.start] == text[following.start]
        open_ended = text[line.end - 1] not in ".!?:;," or _ends_in_prefix(text[line.start : line.end])
        return full and not in_list and open_ended
    if text[line.end - 1] == ";":
        return False  # the clauses of a resolution stand on lines of their own
    hanging = line is opening and _STARTS_WITH_MARKER.match(text, line.start, line.end) is not None
    if following.indent > line.indent + 1 and not hanging:
        return False
    if _is_table_row(text[line.start : line.end]) or _is_table_row(text[following.start : following.end]):
        return False
    if text[line.start : line.end].isupper() and not text[following.start : following.end].isupper():
        return False
    return full or _is_broken_off(text, line, following)


def _wrap_width(text: str, lines: list[_Line]) -> int | None:
    """The width at which the lines of a text were broken by hand, or None where a line is a paragraph."""
    pairs = [(line, following) for line, following in pairwise(lines) if not following.after_blank]
    lengths = sorted(line.indent + line.end - line.start for line, _ in pairs)
    short = [length for length in lengths if length <= _WIDEST_WRAP]
    if not short or sum(short) * 2 < sum(lengths):
        return None
    width = short[len(short) * 9 // 10]
    broken = [pair for pair in pairs if _is_broken_off(text, *pair)]
    # A line that goes on in small letters broke at the width only if the next word would not have fitted.
    full = sum(_is_full(text, line, following, width) for line, following in broken)
    if width < _NARROWEST_WRAP or not broken or full * 10 < len(broken) * 7:
        return None
    return width


def _is_full(text: str, line: _Line, following: _Line, width: int) -> bool:
    next_word = text[following.start : min(following.end, following.start + width)].split(maxsplit=1)[0]
    # Lines set in a proportional type are ragged, hence not the full width.
    return line.indent + line.end - line.start + 1 + len(next_word) >= width * 0.88


def _is_broken_off(text: str, line: _Line, following: _Line) -> bool:
    return (
        text[following.start].islower()
        and text[line.end - 1] not in ".!?:;"
        and _STARTS_WITH_MARKER.match(text, following.start, following.end) is None
    )


def _ends_in_article(text: str, line: _Line) -> bool:
    if line.end - line.start < _NARROWEST_WRAP:
        return False
    return re.search(r"\b(?:the|an?|of)$", text[line.end - 8 : line.end]) is not None


def _ends_in_prefix(line: str) -> bool:
    """Whether a line ends in an initial or in an abbreviation that wants a name or a number after it."""
    stem = _stem(_last_token(line, len(line)))
    return stem.lower() in _TITLES | _BEFORE_NUMBER or (len(stem) == 1 and stem.isupper())


def _is_table_row(line: str) -> bool:
    return (
        line.count("\t") >= 2 or line.count("|") >= 2 or len(re.findall(r"[^\s.?!:\"”)]\s{2,}\S", line)) >= 2
    )


def _is_headline(line: str) -> bool:
    return line.isupper() and _looks_like_title(line)


def _looks_like_title(line: str) -> bool:
    if len(line) > _LONGEST_TITLE or line[0] in '"“-*•·(' or re.search(r"[\d(]", line[: _dateline_end(line)]):
        return False
    return line.isupper() or line.rstrip(_CLOSING)[-1:] not in set(".…:;,–—-")


# --- Breaks inside a paragraph ---


@lru_cache(maxsize=1)
def _tokenizer() -> PunktSentenceTokenizer:
    # Loaded on first use: importing this module must stay free of cost.
    from nupunkt import load

    return load("default")


def _sentence_spans(text: str, paragraph: tuple[int, int]) -> Iterator[tuple[int, int]]:
    start, end = paragraph
    flat = _flatten(text[start:end])
    cuts = [] if _is_table_row(text[start:end]) else _cuts(flat)
    for left, right in zip([0, *cuts], [*cuts, len(flat)], strict=True):
        piece = flat[left:right].rstrip(_BLANK)
        trimmed = piece.lstrip(_BLANK)
        if trimmed:
            yield start + left + len(piece) - len(trimmed), start + left + len(piece)


def _flatten(paragraph: str) -> str:
    """The paragraph, at the same length, with a plain blank for every kind of white space."""
    return re.sub(r"\s", " ", paragraph)


# Without one of these a paragraph is one sentence, and most lines of a table or a list have none.
_MAY_BREAK = re.compile(r"[.!?…。！？｡•●▪◦‣·#]|-30-|END|[Ee]ndi")
_LONG_RUN = re.compile(r"(?<!\S)\S{300,}")
_CLOSING_MARKS = re.compile(r"[\"'”’»)\]]+(?=\s)")


def _cuts(flat: str) -> list[int]:
    """The offsets in a paragraph at which a new sentence begins, the first one left out."""
    if not _MAY_BREAK.search(flat):
        return []
    # nupunkt takes quadratic time over a long run without blanks, which is no prose anyway.
    readable = _LONG_RUN.sub(lambda run: "x" * len(run.group()), flat)
    proposed = [_after_closing_marks(flat, start) for start, _ in _tokenizer().spans(readable)[1:]]
    kept = {cut for cut in proposed if not _is_wrong_break(flat, cut)}
    kept.update(_missed_breaks(flat))
    protected = _dateline_end(flat)
    return _without_bare_markers(flat, sorted(cut for cut in kept if protected <= cut < len(flat)))


def _last_token(flat: str, cut: int) -> str:
    left = flat[max(0, cut - 80) : cut].rstrip()
    return left[left.rfind(" ") + 1 :]


def _token_before_last(flat: str, cut: int) -> str:
    tokens = flat[max(0, cut - 80) : cut].split()
    return tokens[-2] if len(tokens) > 1 else ""


def _first_token(flat: str, cut: int) -> str:
    right = flat[cut : cut + 80].lstrip()
    return right.split(" ", 1)[0]


def _bare_word(token: str) -> str:
    return token.strip(_CLOSING + _OPENING).rstrip(".,;:!?…").lower()


def _is_starter(token: str) -> bool:
    match = re.match(r"[^\W\d_]+", token.lstrip(_OPENING))
    return match is not None and match.group()[0].isupper() and match.group().lower() in _STARTERS


def _is_strong_starter(token: str) -> bool:
    return _is_starter(token) and _bare_word(token) not in _WEAK_STARTERS


def _stem(token: str) -> str:
    """What stands before the full stop at the end of a token; of a compound such as EU-U.S. the last part."""
    return re.split(r"[-–—/]", token.strip(_CLOSING + _OPENING)[:-1])[-1]


def _after_closing_marks(flat: str, cut: int) -> int:
    """Move a break past quotation marks that close the sentence before it."""
    match = _CLOSING_MARKS.match(flat, cut)
    return match.end() if match else cut


# Wrong breaks


def _is_wrong_break(flat: str, cut: int) -> bool:
    last = _last_token(flat, cut)
    following = _first_token(flat, cut)
    if not last or not following:
        return False
    return (
        _goes_on_in_small_letters(last, following)
        or _follows_abbreviation(flat, cut, last, following)
        or _follows_marker(flat, cut)
        or _is_reporting_clause(flat, cut, last)
    )


def _goes_on_in_small_letters(last: str, following: str) -> bool:
    word = following.lstrip(_OPENING)
    if not word[:1].islower() or _bare_word(word) in {"endi", "enditem"}:
        return False
    return not _STARTS_WITH_MARKER.match(following + " ")


def _follows_abbreviation(flat: str, cut: int, last: str, following: str) -> bool:
    if not last.endswith("."):
        return False
    word = _stem(last)
    small = word.lower()
    if following[0] in "-–—,;:(" and small in _ABBREVIATIONS:
        return True
    if small in _BEFORE_NUMBER and re.match(r"[(\"“]?(?:\d|[IVXLC]+\b)", following):
        return True
    if small in _BEFORE_MORE:
        return True
    if small in _TITLES and word[:1].isupper():
        return not _is_starter(following)
    if small in _BEFORE_NAME:
        return not _is_strong_starter(following)
    if small in {"a.m", "p.m"}:
        return _names_the_hour(flat, cut)
    if re.fullmatch(r"(?:[^\W\d_]\.)*[^\W\d_]", word) and word.isupper():
        return not _is_starter(following) and _bare_word(_token_before_last(flat, cut)) not in _LETTERED
    return False


def _names_the_hour(flat: str, cut: int) -> bool:
    """Whether the words after "a.m." or "p.m." belong to it: Monday, GMT, Beijing time."""
    return (
        _bare_word(_first_token(flat, cut)) in _AFTER_HOUR
        or re.match(r"\w+ time\b", flat[cut : cut + 40]) is not None
    )


_ENDS_WITH_MARKER = re.compile(
    r"(?:^|[.!?;:][\"”’)]*\s)\s*(?:and\s|or\s)?\(?(?:\d{1,2}(?:\.\d{1,2})*|[A-Za-z]|[ivxIVX]{1,4})[.)]$"
)


def _follows_marker(flat: str, cut: int) -> bool:
    """Whether the break falls between the number of a list item and the item."""
    left = flat[max(0, cut - 80) : cut].rstrip()
    if not _ENDS_WITH_MARKER.search(left):
        return False
    return _bare_word(_token_before_last(flat, cut)) not in _ABBREVIATIONS


_REPORTING_CLAUSE = re.compile(rf"(?:[A-Z][\w'’-]+\s){{1,4}}(?:{_REPORTING})\b")


def _is_reporting_clause(flat: str, cut: int, last: str) -> bool:
    """Whether a quoted question or exclamation is followed by its speaker: "Why?" Chang asked."""
    if len(last) < 2 or last[-1] not in "\"”’'" or last[-2] not in "?!":
        return False
    return not _is_starter(_first_token(flat, cut)) and _REPORTING_CLAUSE.match(flat, cut) is not None


# Missed breaks

_SPACED_END = re.compile(r"[.!?…][\"'”’»)\]]{0,3}\s+(?=[^\s])")
_GLUED_END = re.compile(r"[.!?][\"'”’)\]]{0,2}(?=[“‘«]?[^\W\d_])")
_FOOTNOTE_END = re.compile(r"(?<=[a-z]{3})[.][\"”’]?(?:\d{1,2}|\[\d{1,2}\])\s+(?=[“\"]?[A-Z])")
_WIDE_STOP = re.compile(r"[。！？｡][”’」』）]*")
_CLOSING_WORD = re.compile(
    r"(?:(?:(?<=\s)|(?<=[.!?\"”]))[(\[]?(?:[Ee]nditem|ENDITEM|[Ee]ndi|-30-|###)"
    # The plain word closes a report only after a full stop.
    r"|(?:(?<=[.!?\"”])|(?<=[.!?\"”]\s))[(\[]?ENDS?)[)\]]?\.?\s*$"
)
_INLINE_BULLET = re.compile(r"(?<=[\s:;.])[•●▪◦‣·](?=\s)")


def _missed_breaks(flat: str) -> Iterator[int]:
    yield from (match.end() for match in _SPACED_END.finditer(flat) if _is_missed_end(flat, match))
    yield from (match.end() for match in _GLUED_END.finditer(flat) if _is_glued_end(flat, match))
    yield from (
        match.end() for match in _FOOTNOTE_END.finditer(flat) if _is_sentence_word(flat, match.start())
    )
    yield from (match.end() for match in _WIDE_STOP.finditer(flat))
    yield from (match.start() for match in _INLINE_BULLET.finditer(flat))
    tail = max(0, len(flat) - 40)
    closing = _CLOSING_WORD.search(flat, tail)
    if closing:
        yield closing.start()


def _word_before(flat: str, position: int) -> str:
    # Read backwards, because a search for a word at the end tries every place before it.
    word = re.match(r"[^\W_]*", flat[max(0, position - 40) : position][::-1])
    return word.group()[::-1] if word else ""


def _is_sentence_word(flat: str, position: int) -> bool:
    """Whether the word that ends at `position` is an ordinary one, which a full stop can only end."""
    return _word_before(flat, position).lower() not in _ABBREVIATIONS


def _is_missed_end(flat: str, match: re.Match[str]) -> bool:
    cut = match.end()
    following = _first_token(flat, cut)
    last = _last_token(flat, cut)
    if match.group()[0] != ".":
        return False
    stem = _stem(last)
    small = stem.lower()
    if small in {"a.m", "p.m"}:
        return _opens_with_capital(following) and not _names_the_hour(flat, cut)
    if small in _BEFORE_NUMBER and _is_starter(following):
        return True
    if small in _MAY_END and (_is_strong_starter if small in _BEFORE_NAME else _is_starter)(following):
        return True
    if len(stem) == 1 and stem.isupper() and _bare_word(_token_before_last(flat, cut)) in _LETTERED:
        return _opens_with_capital(following)
    if re.match(r"(?:\d{1,2}|[QA])\.\s+[“\"]?[A-Z]", flat[cut : cut + 12]):
        return _is_sentence_word(flat, match.start())
    word = _word_before(flat, match.start())
    is_acronym = len(stem) > 2 and stem.isupper()
    if (
        (small in _ABBREVIATIONS and not is_acronym)
        or not small.endswith(word.lower())
        or len(word) < 2
        or "." in small
    ):
        return False
    # nupunkt takes some ordinary words, such as month and Bank, for abbreviations.
    return _is_starter(following) or (
        following.lstrip(_OPENING)[:1].isupper()
        if len(word) > 3
        else is_acronym and _opens_with_capital(following)
    )


def _opens_with_capital(token: str) -> bool:
    word = token.lstrip(_OPENING)
    return word[:1].isupper() and (word[1:2].islower() or word in {"A", "I"})


def _is_glued_end(flat: str, match: re.Match[str]) -> bool:
    """Whether a full stop without a blank after it ends a sentence and is not part of an address."""
    before = _word_before(flat, match.start())
    after = flat[match.end() : match.end() + 20].lstrip("“‘«")
    token = _last_token(flat, match.end())
    if re.search(r"://|@|www\.", token):
        return False
    if not before:
        return match.start() > 0 and flat[match.start() - 1] in ')]”’"%' and _opens_with_capital(after)
    if token[:-1].strip(_OPENING).lower() in _MAY_END:
        return _is_starter(re.split(r"\W", after)[0])
    if "." in token.rstrip(_CLOSING)[:-1] or before.lower() in _ABBREVIATIONS or not after[0].isupper():
        return False
    if before.isdigit():
        return len(before) > 2 and _opens_with_capital(after)
    return len(before) > 1 and (_opens_with_capital(after) or (len(before) > 2 and before.islower()))


def _without_bare_markers(flat: str, cuts: list[int]) -> list[int]:
    """Take out the break after a piece that is nothing but the number or the bullet of a list item."""
    kept: list[int] = []
    for left, cut in zip([0, *cuts], cuts, strict=False):
        if not _BARE_MARKER.fullmatch(flat[left:cut].strip()):
            kept.append(cut)
    return kept


_PLACE_WORD = r"[A-Z][\w.'’]*(?:-[A-Z]\w*)*"
_DATE = r"(?:[A-Z][a-z]{2,8}\.? \d{1,2}|\d{1,2} [A-Z][a-z]{2,8})(?:,? \d{4})?\.?"
_DATELINE = re.compile(
    rf"{_PLACE_WORD}(?:[,/]? ?(?:{_PLACE_WORD}|de|of|and|la|el)\b\.?){{0,6}},?(?: {_DATE})?"
    r",? ?(?:\([A-Za-z/ .]{2,40}\))?(?: ?--| [-–—]|[-–—] )"
)


def _dateline_end(flat: str) -> int:
    """Where the place, date and agency before the first words of a report end; 0 where there are none."""
    match = _DATELINE.match(flat[:130])
    # A capitalised name before a dash is a place if it is in capitals or has a date or an agency with it.
    return match.end() if match and re.match(r"[A-Z]{3}|.* \d|.*\(", match.group()) else 0
