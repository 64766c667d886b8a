"""Problem types as text: one page each, and a list of all."""

from gateway.api.problem_pages.catalogue import PROBLEM_TYPES, ProblemType


def page(problem: ProblemType) -> str:
    """The page of one problem type, Markdown that reads as plain text."""
    again = "The same request may succeed later." if problem.retry else "The same request will fail again."
    return (
        f"# {problem.title}\n\n"
        f"`type`: `/problems/{problem.name}`, HTTP status {problem.status}.\n\n"
        f"{problem.meaning}\n\n"
        f"**What to do.** {problem.remedy} {again}\n"
    )


def index() -> str:
    """The list of all problem types."""
    rows = [
        f"| [`{one.name}`]({one.name}.md) | {one.status} | {one.title} |" for one in PROBLEM_TYPES.values()
    ]
    head = (
        "# Problems the API answers with\n\n"
        "Errors are problem details (RFC 9457, `application/problem+json`). `type` names one of these\n"
        "pages; every node serves them as text under `/problems/<name>`. Printed by\n"
        "`python -m gateway.api.problem_pages docs/problems`; a test fails when they differ.\n\n"
        "| type | status | title |\n| --- | --- | --- |\n"
    )
    return head + "\n".join(rows) + "\n"


def files() -> dict[str, str]:
    """Name and content of every file of docs/problems."""
    return {"README.md": index(), **{f"{name}.md": page(one) for name, one in PROBLEM_TYPES.items()}}
