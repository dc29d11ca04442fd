"""The resources of an export in the order in which V5 5.10 imports and logs them (facts: "V5 on the host")."""

from __future__ import annotations

RESOURCES = (
    "account",
    "company",
    "users",
    "payment_terms",
    "tax_rates",
    "clients",
    "company_gateways",
    "client_gateway_tokens",
    "vendors",
    "projects",
    "products",
    "credits",
    "recurring_invoices",
    "invoices",
    "quotes",
    "payments",
    "expense_categories",
    "task_statuses",
    "expenses",
    "recurring_expenses",
    "tasks",
    "documents",
)
