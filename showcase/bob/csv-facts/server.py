import csv
import io
import statistics

from stdio import UserError, serve

MOST = 2_000_000


def rows_of(text):
    if not isinstance(text, str) or len(text) > MOST:
        raise UserError(f"text: wanted at most {MOST} characters")
    rows = [row for row in csv.reader(io.StringIO(text)) if row]
    if len(rows) < 2:
        raise UserError("wanted a line of names and at least one of values")
    return rows[0], rows[1:]


def number(cell):
    try:
        return float(cell)
    except ValueError:
        return None


def facts(name, cells):
    filled = [cell for cell in cells if cell.strip() != ""]
    numbers = [value for value in map(number, filled) if value is not None]
    found = {"name": name, "empty": len(cells) - len(filled), "distinct": len(set(filled))}
    if filled and len(numbers) == len(filled):
        return {
            **found,
            "type": "number",
            "min": min(numbers),
            "max": max(numbers),
            "mean": round(statistics.fmean(numbers), 6),
            "median": statistics.median(numbers),
        }
    return {**found, "type": "text", "examples": sorted(set(filled))[:5]}


def describe(text):
    names, rows = rows_of(text)
    columns = [[row[i] if i < len(row) else "" for row in rows] for i in range(len(names))]
    uneven = sum(1 for row in rows if len(row) != len(names))
    return {
        "rows": len(rows),
        "uneven": uneven,
        "columns": [facts(name, cells) for name, cells in zip(names, columns)],
    }


def head(text, count=5):
    names, rows = rows_of(text)
    return {"rows": [dict(zip(names, row)) for row in rows[: max(0, min(int(count), 100))]]}


TEXT = {"type": "string", "description": "CSV with a line of names", "maxLength": MOST}
READS = {"readOnlyHint": True, "idempotentHint": True}

serve(
    "csv-facts",
    "1.0.0",
    tools=[
        {
            "name": "describe",
            "description": "Rows and columns: type, range, gaps, examples",
            "inputSchema": {
                "type": "object",
                "properties": {"text": TEXT},
                "required": ["text"],
                "additionalProperties": False,
            },
            "annotations": READS,
            "run": describe,
        },
        {
            "name": "head",
            "description": "The first rows as objects",
            "inputSchema": {
                "type": "object",
                "properties": {"text": TEXT, "count": {"type": "integer", "minimum": 0, "maximum": 100}},
                "required": ["text"],
                "additionalProperties": False,
            },
            "annotations": READS,
            "run": head,
        },
    ],
)
