"""The words of a PDF as a reader would copy them: its text operators, turned into letters by each font's ToUnicode.

Enough for the PDFs that typst makes (ISO 32000-1, 9.4 and 9.10.3): one content stream a page, Identity-H fonts.
"""

import re
import zlib

_OBJECT = re.compile(rb"(\d+) 0 obj\s(.*?)endobj", re.DOTALL)
_STREAM = re.compile(rb"stream\r?\n(.*?)\r?\nendstream", re.DOTALL)


def text_of_pdf(data):
    """The text of all pages, in the order in which they draw it, without spaces."""
    objects = {int(number): body for number, body in _OBJECT.findall(data)}
    for body in list(objects.values()):
        if b"/Type /ObjStm" in body or b"/Type/ObjStm" in body:
            objects |= _packed(body)
    pages = [body for body in objects.values() if re.search(rb"/Type\s*/Page\b(?!s)", body)]
    return "".join(_text_of_page(page, objects) for page in pages)


def pages_of_pdf(data):
    """How many pages it has."""
    return len(re.findall(rb"/Type\s*/Page\b(?!s)", b"".join(_whole(data))))


def _whole(data):
    for _, body in _OBJECT.findall(data):
        yield body
        if b"ObjStm" in body:
            yield _inflated(body)


def _inflated(body):
    found = _STREAM.search(body)
    return zlib.decompress(found[1]) if found and b"FlateDecode" in body else found[1] if found else b""


def _packed(body):
    """The objects of an object stream (ISO 32000-1, 7.5.7)."""
    content, first = _inflated(body), int(re.search(rb"/First\s+(\d+)", body)[1])
    numbers = list(map(int, content[:first].split()))
    starts = [(numbers[i], first + numbers[i + 1]) for i in range(0, len(numbers), 2)]
    ends = [start for _, start in starts[1:]] + [len(content)]
    return {number: content[start:end] for (number, start), end in zip(starts, ends, strict=True)}


def _text_of_page(page, objects):
    resources = _dictionary(page, b"Resources", objects)
    fonts = dict(re.findall(rb"/(\w+)\s+(\d+) 0 R", _dictionary(resources, b"Font", objects)))
    letters = {name: _letters(objects[int(number)], objects) for name, number in fonts.items()}
    content = _inflated(objects[int(re.search(rb"/Contents\s+(\d+) 0 R", page)[1])])
    return _drawn(content, letters)


def _dictionary(body, name, objects):
    """A dictionary that stands there itself or elsewhere."""
    there = re.search(rb"/" + name + rb"\s+(\d+) 0 R", body)
    if there:
        return objects[int(there[1])]
    start = re.search(rb"/" + name + rb"\s*<<", body)
    return body[start.end() :] if start else b""


def _letters(font, objects):
    """Code -> letters, from the font's ToUnicode."""
    table = _inflated(objects[int(re.search(rb"/ToUnicode\s+(\d+) 0 R", font)[1])])
    found = {}
    for block in re.findall(rb"beginbfchar(.*?)endbfchar", table, re.DOTALL):
        for code, letters in re.findall(rb"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>", block):
            found[int(code, 16)] = bytes.fromhex(letters.decode()).decode("utf-16-be")
    for block in re.findall(rb"beginbfrange(.*?)endbfrange", table, re.DOTALL):
        for low, high, letters in re.findall(rb"<(\w+)>\s*<(\w+)>\s*<(\w+)>", block):
            for place in range(int(high, 16) - int(low, 16) + 1):
                found[int(low, 16) + place] = chr(int(letters, 16) + place)
    return found


def _drawn(content, letters):
    text = []
    for block in re.findall(rb"\bBT\b(.*?)\bET\b", content, re.DOTALL):
        table = letters.get(re.search(rb"/(\w+)\s+[\d.]+\s+Tf", block)[1], {})
        for shown in re.findall(rb"\((?:\\.|[^\\()])*\)|<[0-9A-Fa-f]*>", block, re.DOTALL):
            codes = _bytes_of(shown)
            text += [table.get(int.from_bytes(codes[i : i + 2]), "") for i in range(0, len(codes), 2)]
    return "".join("".join(text).split())


_ESCAPES = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


def _bytes_of(shown):
    if shown.startswith(b"<"):
        return bytes.fromhex(shown[1:-1].decode())

    def plain(match):
        told = match[1]
        return bytes([int(told, 8) & 255]) if told.isdigit() else _ESCAPES.get(told, told)

    return re.sub(rb"\\([0-7]{1,3}|.)", plain, shown[1:-1], flags=re.DOTALL)
