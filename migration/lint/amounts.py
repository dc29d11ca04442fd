"""What V5 makes of an invoice's or a quote's amount: it never takes V4's, but adds its lines up anew (InvoiceSum).

Seen on a real V5 5.10.17: so a tax with a name of one letter is lost, a currency without cents loses the cents, and
what V4 had rounded or edited otherwise comes out different. The balance is that amount less the payments of the export.
"""

from __future__ import annotations

import math
from operator import itemgetter

from . import php

CENT = 0.005
# Precision of the currencies that have not two decimals (V5's seeds and migrations).
PRECISIONS = {16: 0, 45: 0, 48: 0, 62: 0, 63: 0, 69: 0, 89: 3, 106: 0, 110: 0, 115: 3, 117: 3, 119: 0}


def rounded(value: float, digits: int = 2) -> float:
    """PHP's round(): half away from zero."""
    if not math.isfinite(value):
        return value
    shifted = math.floor(abs(value) * 10**digits + 0.5 + 1e-9) / 10**digits
    return math.copysign(shifted, value) if shifted else 0.0


def number(value) -> float:
    """A field as V5 calculates with it."""
    return 0.0 if isinstance(value, (list, dict)) else php.number(value)


def is_named(value, letters: int = 2) -> bool:
    return isinstance(value, str) and len(value.encode("utf-8", "replace")) >= letters


def total(data: dict, precision: int, first: bool) -> float:
    """The amount that V5 gives an invoice or quote. first: the first of an import keeps its taxes on surcharges."""
    by_amount = not php.is_empty(data.get("is_amount_discount"))
    discount = number(data.get("discount"))
    lines = data.get("line_items")
    lines = list(lines.values()) if isinstance(lines, dict) else lines if isinstance(lines, list) else []
    lines = [line for line in lines if isinstance(line, dict)]
    each = [_line(line, by_amount, precision) for line in lines]
    subtotal = sum(rounded(amount, precision) for amount in each)
    result = subtotal - (discount if by_amount else rounded(subtotal * discount / 100))
    taxes = 0.0
    for i in "123":
        if is_named(data.get(f"tax_name{i}")):
            rate = number(data.get(f"tax_rate{i}"))
            taxes += rounded(result * rate / 100)
            if first:
                taxes += sum(
                    rounded(number(data.get(f"custom_surcharge{n}")) * rate / 100)
                    for n in "1234"
                    if not php.is_empty(data.get(f"custom_surcharge_tax{n}"))
                )
    for i in "1234":
        if php.is_numeric(data.get(f"custom_surcharge{i}")):
            result += number(data.get(f"custom_surcharge{i}"))
    taxes += sum(_line_taxes(line, amount, by_amount, discount, subtotal) for line, amount in zip(lines, each))
    if php.is_empty(data.get("uses_inclusive_taxes")):
        result += taxes
    return rounded(result, precision)


def _line(line: dict, by_amount: bool, precision: int) -> float:
    amount = number(line.get("cost")) * number(line.get("quantity"))
    discount = number(line.get("discount"))
    if by_amount:
        return amount - rounded(discount, precision)
    return rounded(amount - amount * discount / 100, precision)


def _line_taxes(line: dict, amount: float, by_amount: bool, discount: float, subtotal: float) -> float:
    share = (discount / subtotal if subtotal else 0.0) if by_amount else discount / 100
    result = 0.0
    for i in "123":
        tax = rounded((amount - amount * share) * number(line.get(f"tax_rate{i}")) / 100)
        if by_amount or is_named(line.get(f"tax_name{i}")):
            result += tax
    return result


LINE = itemgetter("cost", "quantity", "discount", "tax_rate1", "tax_rate2", "tax_rate3")


def plain_total(lines: list) -> float:
    """The sum of lines without discounts and taxes, as V4 writes them, quickly; NaN for any others."""
    result = 0.0
    try:
        for cost, quantity, discount, tax1, tax2, tax3 in map(LINE, lines):
            if discount or tax1 or tax2 or tax3:
                return math.nan
            result += round(cost * quantity, 2)
    except (KeyError, TypeError):
        return math.nan
    return result
