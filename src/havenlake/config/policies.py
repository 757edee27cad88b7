"""Scrubbing policies (`policies/<name>.yaml`): what is looked for in free text, and what becomes of it."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal, get_args

from pydantic import BeforeValidator, Field

from havenlake.config.base import ConfigModel, Format, FrozenDict, Names, Text
from havenlake.config.nodes import ConfigNode
from havenlake.config.problems import Problems, suggestion
from havenlake.config.validation import validate
from havenlake.config.yaml_loader import load_yaml
from havenlake.errors import HavenlakeError, Position

Entity = Literal[
    "PERSON",
    "LOCATION",
    "PHONE_NUMBER",
    "EMAIL_ADDRESS",
    "URL",
    "IP_ADDRESS",
    "SOCIAL_HANDLE",
    "STREET_ADDRESS",
    "POSTCODE",
    "DATE_OF_BIRTH",
    "DATE",
    "AGE",
    "SCHOOL",
    "WORKPLACE",
    "US_SSN",
    "US_ITIN",
    "CA_SIN",
    "CA_HEALTH_NUMBER",
    "UK_NINO",
    "UK_NHS",
    "IE_PPS",
    "DE_TAX_ID",
    "DE_SOCIAL_SECURITY",
    "ES_NIF",
    "ES_NIE",
    "FR_NIR",
    "CREDIT_CARD",
    "IBAN",
    "ID_NUMBER",
    "UNKNOWN_WORD",
]
ENTITIES: tuple[Entity, ...] = get_args(Entity)
PolicyCountry = Literal["us", "ca", "gb", "ie", "de", "es", "fr"]
PolicyLanguage = Literal["en", "es", "fr", "de"]
Operator = Literal["replace", "number", "pseudonym", "generalise", "mask", "hash", "keep"]
KEYED: tuple[Operator, ...] = ("hash", "pseudonym")
"""Operators that need a key."""
Score = Annotated[float, Field(ge=0.0, le=1.0, strict=False)]
FOLDER = "policies"
SHIPPED = ("default", "strict")


class EntityRule(ConfigModel):
    """What becomes of one kind of detail."""

    operator: Operator = "replace"
    """`replace` by `<ENTITY>`; `number` to `<ENTITY_1>`, by order in the conversation; `pseudonym` to
    `<ENTITY_1f2e3d4c>`, keyed and the same in one conversation only; `hash`, the same in the whole zone; `generalise` a
    date to `<DATE_2019>` and an age to `<AGE_90_OR_MORE>`; `mask` letters and digits by `*`; `keep`."""
    min_score: Score | None = None
    """Found details below this score stay; the policy's `min_score` when absent."""


def _rule(value: object) -> object:
    return {"operator": value} if isinstance(value, str) else value


Rule = Annotated[EntityRule, BeforeValidator(_rule, json_schema_input_type=Operator | EntityRule)]


class ScrubPolicy(ConfigModel):
    """A scrubbing policy. Entities that it does not name are treated by `otherwise`."""

    format: Format
    description: str | None = None
    engine: Literal["cascade"] = "cascade"
    tier: Literal["standard", "strict"] = "standard"
    """`standard` masks what is rather a name than not; `strict` masks every word that may well be one."""
    min_score: Score = 0.5
    """Found details below this score stay."""
    languages: Annotated[tuple[PolicyLanguage, ...], Field(min_length=1)] = get_args(PolicyLanguage)
    """Languages assumed of a text that comes without one."""
    countries: Annotated[tuple[PolicyCountry, ...], Field(min_length=1)] = get_args(PolicyCountry)
    """Countries assumed of a text that comes without one."""
    otherwise: Rule = EntityRule()
    entities: FrozenDict[Entity, Rule] = FrozenDict()
    unknown_words: Literal["keep", "mask_unusual", "mask"] = "keep"
    """`mask` replaces every word that is not known to be common in the text's languages, `mask_unusual` spares what
    looks like a typing error of a common one."""
    keep: Names = ()
    """Words, phrases and numbers that always stay readable, in any case; for the name of the service itself."""
    deny: Names = ()
    """Words, phrases and numbers that are masked wherever they stand, in any case."""

    def rule(self, entity: str) -> EntityRule:
        """How an entity is treated."""
        return next((rule for name, rule in self.entities.items() if name == entity), self.otherwise)

    def threshold(self, entity: str) -> float:
        """The score from which on an entity counts."""
        own = self.rule(entity).min_score
        return self.min_score if own is None else own


def policy_file(name: str, root: Path) -> Path | None:
    """The file of a policy: `policies/<name>.yaml` of the repository, else one shipped; None when there is none."""
    path = root / name if name.endswith((".yaml", ".yml")) else root / FOLDER / f"{name}.yaml"
    if path.is_file() and path.resolve().is_relative_to(root.resolve()):
        return path
    return shipped_policy_file(name) if name in SHIPPED else None


def shipped_policy_file(name: str) -> Path:
    """The file of a policy that comes with the package."""
    return Path(str(files("havenlake.config").joinpath(FOLDER, f"{name}.yaml")))


def load_policy(name: str | None = None, root: Path | None = None) -> ScrubPolicy:
    """A policy by name or path, the shipped default without one.

    HL-CFG-011 for a name that is not there; `ConfigErrors` with every error of the file, each with its line.
    """
    folder = root or Path()
    file = policy_file(name or "default", folder)
    if file is None:
        raise unknown_policy(name or "default", folder)
    problems = Problems()
    policy = check_policy_file(file, folder, problems)
    problems.raise_if_any()
    if policy is None:
        raise unknown_policy(name or "default", folder)
    return policy


def check_policy_file(file: Path, root: Path, problems: Problems) -> ScrubPolicy | None:
    """The policy of a file, or None with its errors recorded."""
    inside = file.resolve().is_relative_to(root.resolve())
    node: ConfigNode | None = load_yaml(file, root=root if inside else file.parent, problems=problems)
    return validate(ScrubPolicy, node, node.document, (), problems) if node is not None else None


def check_policies(root: Path, problems: Problems) -> None:
    """All policies of a repository, used or not."""
    for file in sorted((root / FOLDER).glob("*.yaml")):
        check_policy_file(file, root, problems)


def policy_names(root: Path) -> list[str]:
    """Names that `scrub_policy` may use."""
    own = {p.stem for p in (root / FOLDER).glob("*.yaml")} if (root / FOLDER).is_dir() else set()
    return sorted(own | set(SHIPPED))


def unknown_policy(name: Text, root: Path, where: Position | None = None) -> HavenlakeError:
    """The error for a policy nobody wrote."""
    hint = suggestion(name, policy_names(root))
    return HavenlakeError("HL-CFG-011", f"scrub_policy '{name}' is not known", where=where, hint=hint)
