import ast
import operator
from fractions import Fraction

from stdio import UserError, serve

OPERATORS = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}
MOST_DIGITS = 2000


def value_of(node):
    """The value of a tree of numbers and operators; nothing else of Python is understood."""
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        return Fraction(str(node.value))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.UAdd)):
        value = value_of(node.operand)
        return -value if isinstance(node.op, ast.USub) else value
    if isinstance(node, ast.BinOp):
        left, right = value_of(node.left), value_of(node.right)
        if isinstance(node.op, ast.Pow):
            return power(left, right)
        if type(node.op) in OPERATORS:
            if right == 0 and isinstance(node.op, (ast.Div, ast.FloorDiv, ast.Mod)):
                raise UserError("division by zero")
            return small(Fraction(OPERATORS[type(node.op)](left, right)))
    raise UserError("wanted numbers, + - * / // % ** and brackets")


def power(base, exponent):
    if exponent.denominator != 1 or abs(exponent) > 1000:
        raise UserError("an exponent is a whole number up to 1000")
    if base == 0 and exponent < 0:
        raise UserError("division by zero")
    return small(base ** int(exponent))


def small(value):
    if value.numerator.bit_length() + value.denominator.bit_length() > MOST_DIGITS * 4:
        raise UserError("the result is too long")
    return value


def calculate(expression):
    if not isinstance(expression, str) or len(expression) > 1000:
        raise UserError("expression: wanted a text of at most 1000 characters")
    try:
        tree = ast.parse(expression.strip(), mode="eval")
    except (SyntaxError, RecursionError, MemoryError) as error:
        raise UserError("that is no expression") from error
    value = value_of(tree.body)
    decimal = str(value.numerator) if value.denominator == 1 else f"{float(value):.15g}"
    return {"exact": str(value), "decimal": decimal}


def factors(number):
    if not isinstance(number, int) or not 1 < number <= 10**12:
        raise UserError("number: wanted a whole number from 2 to 10^12")
    found, rest, divisor = [], number, 2
    while divisor * divisor <= rest:
        while rest % divisor == 0:
            found.append(divisor)
            rest //= divisor
        divisor += 1
    return {"factors": found + ([rest] if rest > 1 else [])}


READS = {"readOnlyHint": True, "idempotentHint": True}

serve(
    "calc",
    "1.0.0",
    tools=[
        {
            "name": "calculate",
            "description": "The exact value of an expression such as 1/3 + 0.1 ** 2, and its decimal",
            "inputSchema": {
                "type": "object",
                "properties": {"expression": {"type": "string", "maxLength": 1000}},
                "required": ["expression"],
                "additionalProperties": False,
            },
            "annotations": READS,
            "run": calculate,
        },
        {
            "name": "factors",
            "description": "The prime factors of a whole number",
            "inputSchema": {
                "type": "object",
                "properties": {"number": {"type": "integer", "minimum": 2, "maximum": 10**12}},
                "required": ["number"],
                "additionalProperties": False,
            },
            "annotations": READS,
            "run": factors,
        },
    ],
)
