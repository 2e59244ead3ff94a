"""Measures the reader anew and writes the figures and pictures of docs/reading.md.

Run it from the root: ``.venv/bin/python -m docs.make_figures``. Tables come from the labelled replies (cross-validated: the
weights that read a reply have not seen it) and from the held-out ones in tests/reading/data, which nothing was learned from.
"""
# ruff: noqa: INP001, E501  # a page's helper, no package; drawings are read better unbroken

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment

from bot.domain.reading import Priority
from bot.reading.classifier import Classifier
from bot.reading.evaluate import Tally, evaluate, read_labelled
from bot.reading.learn import Learned, Sample, learn
from bot.reading.reader import Reader
from bot.settings import shipped
from bot.training import LABELLED, Trained, load_labelled, train

DOCS = Path(__file__).parent
DATA = DOCS.parent / "tests" / "reading" / "data"
FIGURES = {
    "emergencies found": "緊急を見つけた<br>emergencies found",
    "emergencies passed over": "緊急を見のがした<br>passed over",
    "urgent kept grave": "至急を重く読んだ<br>urgent kept grave",
    "quiet ones left quiet": "平穏を平穏と読んだ<br>quiet left quiet",
    "quiet ones asked back": "平穏に聞き直した<br>asked back",
    "intent right": "意図が合う<br>intent right",
    "values right": "値が合う<br>values right",
    "present codes found": "症状を拾った<br>signs found",
    "negated red flags seen": "打ち消しを拾った<br>negations seen",
}
ROWS = tuple(priority.value for priority in reversed(Priority))
SHARES = (0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.08, 0.12, 0.2, 0.3)
INK, RULE, COLOURS = "#1f2933", "#c3cad2", {"ja": "#0b5cad", "other": "#b45309"}
SVG = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
HEAD = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {{ width }} {{ height }}" role="img" aria-label="{{ label }}"
 font-family="sans-serif" font-size="14" fill="{{ ink }}"><rect width="{{ width }}" height="{{ height }}" fill="white"/>
"""
CONFUSION = (
    HEAD
    + """
{% for name in rows %}
<text x="{{ 190 + loop.index0 * 110 }}" y="52" text-anchor="middle">{{ name }}</text>
<text x="120" y="{{ 96 + loop.index0 * 60 }}" text-anchor="end">{{ name }}</text>
{% endfor %}
<text x="355" y="24" text-anchor="middle">読み取り / as read</text>
<text x="20" y="186" transform="rotate(-90 20 186)" text-anchor="middle">正しい答え / as labelled</text>
{% for cell in cells %}
<rect x="{{ cell.x }}" y="{{ cell.y }}" width="106" height="56" rx="4" fill="{{ cell.fill }}"/>
<text x="{{ cell.x + 53 }}" y="{{ cell.y + 26 }}" text-anchor="middle" fill="{{ cell.ink }}">{{ cell.count }}</text>
<text x="{{ cell.x + 53 }}" y="{{ cell.y + 45 }}" text-anchor="middle" font-size="12" fill="{{ cell.ink }}">{{ cell.share }}</text>
{% endfor %}
</svg>
"""
)
CURVE = (
    HEAD
    + """
{% for tick in ticks %}
<line x1="70" x2="560" y1="{{ 330 - tick * 3 }}" y2="{{ 330 - tick * 3 }}" stroke="{{ rule }}"/>
<text x="62" y="{{ 335 - tick * 3 }}" text-anchor="end">{{ tick }} %</text>
{% endfor %}
{% for tick in (0, 5, 10, 15, 20, 25, 30) %}
<text x="{{ 70 + tick * 16 }}" y="352" text-anchor="middle">{{ tick }} %</text>
{% endfor %}
<text x="315" y="380" text-anchor="middle">空ぶり(平穏な返信のうち) / false alarms among quiet replies</text>
<text x="18" y="180" transform="rotate(-90 18 180)" text-anchor="middle">見つけた割合 / found</text>
{% for line in lines %}
<polyline fill="none" stroke="{{ line.colour }}" stroke-width="2.5" {% if line.dashed %}stroke-dasharray="6,4"{% endif %} points="{{ line.points }}"/>
<line x1="250" x2="280" y1="{{ 221 + loop.index0 * 22 }}" y2="{{ 221 + loop.index0 * 22 }}" stroke="{{ line.colour }}" stroke-width="2.5" {% if line.dashed %}stroke-dasharray="6,4"{% endif %}/>
<text x="288" y="{{ 226 + loop.index0 * 22 }}" fill="{{ line.colour }}">{{ line.name }}</text>
{% endfor %}
<line x1="{{ limit }}" x2="{{ limit }}" y1="30" y2="330" stroke="{{ ink }}" stroke-dasharray="2,4"/>
<text x="{{ limit + 6 }}" y="324">使っている境目 / limit in use</text>
</svg>
"""
)


def main() -> None:
    """Measure, draw, write."""
    folder = shipped("conversations") / "reading"
    reader, rows = Reader.load(folder), load_labelled(folder)
    trained = train(reader, rows, print)
    samples = [reader.sample(row) for row in rows]
    (DOCS / "images" / "reading-confusion.svg").write_text(confusion(trained), encoding="utf-8")
    (DOCS / "images" / "reading-thresholds.svg").write_text(thresholds(samples, learn(samples)), encoding="utf-8")
    held_out = {path.stem: path for path in sorted(DATA.glob("*.jsonl"))}
    page = DOCS / "reading.md"
    text = page.read_text(encoding="utf-8")
    text = replaced(text, "data", data_table(rows, folder))
    text = replaced(text, "held-out", held_out_table(reader, held_out))
    text = replaced(text, "languages", languages_table(trained.unseen))
    text = replaced(text, "flags", flags_table(trained.unseen))
    page.write_text(text, encoding="utf-8")


def replaced(text: str, name: str, table: str) -> str:
    """``text`` with ``table`` between the marks of ``name``."""
    begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    return re.sub(f"{begin}.*?{end}", lambda _: f"{begin}\n{table}\n{end}", text, flags=re.DOTALL)


def confusion(trained: Trained) -> str:
    """Labelled against read priorities as a picture; a reply with several right answers counts as the one read."""
    counts: Counter[tuple[str, str]] = Counter()
    for row, reading in zip(trained.rows, trained.apart, strict=True):
        right = row["priority"]
        counts[reading.priority.value if reading.priority in right else right[0], reading.priority.value] += 1
    cells = []
    for down, wanted in enumerate(ROWS):
        total = sum(counts[wanted, read] for read in ROWS) or 1
        for across, read in enumerate(ROWS):
            share = counts[wanted, read] / total
            tone = "22, 101, 52" if wanted == read else "185, 28, 28"
            cells.append({
                "x": 137 + across * 110, "y": 64 + down * 60, "count": counts[wanted, read], "share": f"{share:.1%}",
                "fill": f"rgba({tone}, {0.04 + 0.9 * share:.2f})", "ink": "white" if share > 0.5 else INK,
            })  # fmt: skip
    label = "緊急度の混同表 / Confusion table of priorities"
    return SVG.from_string(CONFUSION).render(width=600, height=320, ink=INK, label=label, rows=ROWS, cells=cells)


def thresholds(samples: Sequence[Sample], learned: Learned) -> str:
    """How many emergencies (and grave replies, dashed) the classifier alone finds, against false alarms; unseen replies."""
    scores: dict[int, tuple[float, float]] = {}
    for weights, numbers in learned.unseen:
        classifier = Classifier(weights)
        for number in numbers:
            found = classifier.scores(samples[number].core, samples[number].context)
            scores[number] = found.emergency, found.grave
    lines = []
    for language, colour in COLOURS.items():
        for dashed, wanted in ((False, lambda sample: sample.emergency), (True, lambda sample: sample.grave)):
            points = curve(samples, scores, language, wanted, int(dashed))
            drawn = [(70 + 1600 * alarm, 330 - 300 * hit) for alarm, hit in points]
            name = f"{'日本語 / Japanese' if language == 'ja' else '他言語 / others'}: {'緊急+至急 / grave' if dashed else '緊急 / emergencies'}"
            lines.append({
                "colour": colour, "dashed": dashed, "points": " ".join(f"{x:.0f},{y:.0f}" for x, y in drawn), "name": name,
                    })  # fmt: skip
    label = "境目の曲線 / Threshold curve"
    return SVG.from_string(CURVE).render(
        width=600,
        height=400,
        ink=INK,
        rule=RULE,
        label=label,
        ticks=range(0, 101, 20),
        lines=lines,
        limit=70 + 1600 * 0.006,
    )


def curve(
    samples: Sequence[Sample],
    scores: Mapping[int, tuple[float, float]],
    language: str,
    wanted: Callable[[Sample], bool],
    head: int,
) -> list[tuple[float, float]]:
    """Points (false alarms, found) of one head for one group of languages."""
    group = [number for number, sample in enumerate(samples) if (sample.language == "ja") == (language == "ja")]
    quiet = sorted((scores[number][head] for number in group if samples[number].quiet), reverse=True)
    grave = [scores[number][head] for number in group if wanted(samples[number])]
    limits = [(share, quiet[int(share * len(quiet))]) for share in SHARES]
    return [(share, sum(score > limit for score in grave) / len(grave)) for share, limit in limits]


def cell(tally: Tally, figure: str) -> str:
    share, (hits, total) = tally.share(figure), tally.counts[figure]
    return "–" if share is None else f"{share:.1%} ({hits}/{total})"


def table(heads: Iterable[str], lines: Iterable[Iterable[str]]) -> str:
    heads = list(heads)
    rows = ["| " + " | ".join(line) + " |" for line in (heads, ["---"] * len(heads), *lines)]
    return "\n".join(rows)


def data_table(rows: Sequence[Mapping[str, Any]], folder: Path) -> str:
    """How many labelled replies there are, by language and priority."""
    languages = Counter(str(row["lang"]) for row in rows)
    counts = Counter((str(row["lang"]), row["priority"][0]) for row in rows)
    heads = ["言語 / Language", "返信 / Replies", *ROWS]
    lines = [
        [language, str(total), *(str(counts[language, priority]) for priority in ROWS)]
        for language, total in languages.most_common()
    ]
    totals = [
        "**計 / all**",
        str(len(rows)),
        *(str(sum(counts[lang, priority] for lang in languages)) for priority in ROWS),
    ]
    files = len(list((folder / LABELLED).glob("*.jsonl")))
    return f"{table(heads, [*lines, totals])}\n\n{files} files in `conversations/reading/labelled/`."


def held_out_table(reader: Reader, files: Mapping[str, Path]) -> str:
    """The figures on replies that nothing was learned from."""
    lines = []
    for name, path in files.items():
        with path.open(encoding="utf-8") as opened:
            tally = evaluate(list(read_labelled(opened, path.name)), reader)["all"]
        lines.append([f"`{name}`", *(cell(tally, figure) for figure in FIGURES)])
    return table(["", *FIGURES.values()], lines)


def languages_table(tallies: Mapping[str, Tally]) -> str:
    """Cross-validated figures by language."""
    names = sorted((name for name in tallies if not name.startswith("+")), key=lambda name: (name != "all", name))
    return table(
        ["言語 / Language", *FIGURES.values()],
        ([name, *(cell(tallies[name], figure) for figure in FIGURES)] for name in names),
    )


def flags_table(tallies: Mapping[str, Tally]) -> str:
    """Cross-validated figures by red flag."""
    figures = ("emergencies found", "emergencies passed over")
    names = sorted(name for name in tallies if name.startswith("+"))
    return table(
        ["赤旗 / Red flag", *(FIGURES[figure] for figure in figures)],
        ([f"`{name[1:]}`", *(cell(tallies[name], figure) for figure in figures)] for name in names),
    )


if __name__ == "__main__":
    main()
