"""The one kind of error that the migration raises towards its user."""

from __future__ import annotations

# Where `./cli.py init` puts a client's secrets; a remedy's CLIENT becomes the client's name.
EDIT_SECRETS = "ansible-vault edit inventory/group_vars/CLIENT/vault.yml"


class MigrationError(Exception):
    """Something stopped the migration, and somebody can mend it.

    message: one sentence, what is wrong and where; it never holds a password or a token.
    remedy: the literal command that mends it; empty where there is none.
    id: the stable name of the failure (docs and tests refer to it), e.g. ``auth-401-credentials``.
    delivered: whether a whole request had gone out when the answer failed to come, so that it may have been obeyed.
    """

    delivered = False

    def __init__(self, message: str, remedy: str = "", id: str = "migration-error") -> None:
        super().__init__(message, remedy, id)
        self.message = message.strip()
        self.remedy = remedy.strip()
        self.id = id

    def __str__(self) -> str:
        sentence = self.message if self.message.endswith((".", "!", "?")) else self.message + "."
        return f"{sentence} Mend it with: `{self.remedy}`" if self.remedy else sentence

    def report(self, client: str = "") -> dict:
        """What a module hands to ``fail_json``; ``client`` takes the place of CLIENT in the remedy."""
        if client:
            self.remedy = self.remedy.replace("CLIENT", client)
        return {"msg": str(self), "error_id": self.id, "remedy": self.remedy}
