"""What a Kotlin file declares, in Java's terms.

Read by tree-sitter's grammar of Kotlin (MIT): a parser of lines loses what spans several, and types inside of types.

Left out: what is private or internal, and what a comment says is our own ("not in the real class").
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from functools import cache

from kotlin_types import Scope, boxed, literal_type, type_name


@dataclass(frozen=True)
class Parameter:
    name: str
    type: str
    optional: bool = False


@dataclass(frozen=True)
class Member:
    """`kind`: fun, val, var, field (@JvmField, const, an entry of an enum) or constructor; types as Java names them."""

    kind: str
    name: str
    type: str | None
    parameters: tuple[Parameter, ...] = ()
    nullable: bool = False
    static: bool = False
    receiver: str | None = None
    suspends: bool = False


@dataclass
class Declared:
    """A class, or (`kind` is "file") what stands at the top of the file; `name` is qualified."""

    kind: str
    name: str
    bases: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()
    members: list[Member] = field(default_factory=list)


OURS = re.compile(r"not in the real (?:class|library)", re.IGNORECASE)


def declarations(text):
    """The classes of a file and its top, all as `Declared`; ValueError where the file is not Kotlin."""
    root = parser().parse(text.encode()).root_node
    if root.has_error:
        raise ValueError("this is not the Kotlin that the parser knows")
    package = next(words(child) for child in root.children if child.type == "package_header")
    imports = dict(imported(child) for child in root.children if child.type == "import")
    scope = Scope(package, imports, frozenset(class_names(root, package)))
    top = Declared("file", package)
    return [top, *body_of(root, top, scope)]


@cache
def parser():
    import tree_sitter
    import tree_sitter_kotlin

    return tree_sitter.Parser(tree_sitter.Language(tree_sitter_kotlin.language()))


def words(node):
    return next(child for child in node.children if child.type == "qualified_identifier").text.decode()


def imported(node):
    alias = [child.text.decode() for child in node.children if child.type == "identifier"]
    return (alias or [words(node).rpartition(".")[2]])[0], words(node)


def class_names(node, prefix):
    for child in node.children:
        inner = prefix
        if child.type in ("class_declaration", "object_declaration"):
            inner = f"{prefix}.{name_of(child)}"
            yield inner
        if child.is_named:
            yield from class_names(child, inner)


def name_of(node):
    return node.child_by_field_name("name").text.decode().strip("`")


def child_of(node, *kinds):
    return next((child for child in node.children if child.type in kinds), None)


def modifiers(node):
    """Words and annotations before a declaration: `open`, `@JvmStatic`."""
    found = child_of(node, "modifiers")
    return set(found.text.decode().split()) if found else set()


def hidden(node):
    before = node.prev_named_sibling
    told = before is not None and before.type.endswith("comment") and OURS.search(before.text.decode())
    return bool(told or {"private", "internal"} & modifiers(node))


def body_of(node, owner, scope, static=False):
    """Puts the members of a body into its owner; yields the classes inside."""
    for child in node.children:
        if not child.is_named or hidden(child):
            continue
        if child.type in ("class_declaration", "object_declaration"):
            yield from class_of(child, scope)
        elif child.type == "companion_object":
            yield from body_of(child_of(child, "class_body") or child, owner, scope, static=True)
        elif read := READERS.get(child.type):
            owner.members.append(read(child, owner, scope, static))


def kind_of(node):
    if node.type == "object_declaration":
        return "object"
    special = {"enum", "annotation"} & modifiers(node)
    return special.pop() if special else "interface" if child_of(node, "interface") else "class"


def class_of(node, scope):
    scope = scope.inside(name_of(node), variables_of(node))
    declared = Declared(kind_of(node), scope.owner, bases_of(node, scope), tuple(scope.variables_here))
    if declared.kind == "class":
        declared.members += constructors(node, declared, scope)
    yield declared
    body = child_of(node, "class_body", "enum_class_body")
    if body:
        yield from body_of(body, declared, scope, static=declared.kind == "object")


def variables_of(node):
    found = child_of(node, "type_parameters")
    parameters = found.children if found else []
    return tuple(child_of(one, "identifier").text.decode() for one in parameters if one.type == "type_parameter")


def bases_of(node, scope):
    found = child_of(node, "delegation_specifiers")
    bases = []
    for one in found.children if found else []:
        if one.type == "delegation_specifier":
            inner = child_of(one, "constructor_invocation") or one
            bases.append(type_name(inner.named_children[0], scope)[0])
    return tuple(bases)


def constructors(node, owner, scope):
    """The primary constructor, or the empty one where nothing is written; and its parameters that are properties."""
    primary = child_of(node, "primary_constructor")
    secondary = [c for c in (child_of(node, "class_body") or node).children if c.type == "secondary_constructor"]
    if primary is None:
        return [] if secondary else [Member("constructor", owner.name.rpartition(".")[2], None)]
    listed = child_of(primary, "class_parameters")
    made = [] if hidden(primary) else [constructor(owner, parameters_of(listed, scope))]
    return made + [property_of_parameter(one, scope) for one in listed.children if is_property(one)]


def constructor(owner, parameters):
    return Member("constructor", owner.name.rpartition(".")[2], None, parameters)


def is_property(parameter):
    return parameter.type == "class_parameter" and bool(child_of(parameter, "val", "var")) and not hidden(parameter)


def property_of_parameter(node, scope):
    name, (told, nullable) = named(node, scope)
    return Member(child_of(node, "val", "var").type, name, told, nullable=nullable)


def named(node, scope):
    """(name, (type, whether it may be null)) of a parameter or a variable; the type is None where it is not written."""
    kinds = [child for child in node.named_children if child.type.endswith("_type")]
    name = child_of(node, "identifier").text.decode().strip("`")
    return name, type_name(kinds[0], scope) if kinds else (None, False)


def parameters_of(node, scope):
    found, variable = [], False
    for child in node.children:
        if child.type == "parameter_modifiers":
            variable = "vararg" in child.text.decode()
        elif child.type == "=":
            found[-1] = replace(found[-1], optional=True)
        elif child.type in ("parameter", "class_parameter"):
            name, (told, _) = named(child, scope)
            found.append(Parameter(name, told + "[]" * variable, bool(child_of(child, "="))))
            variable = False
    return tuple(found)


def read_constructor(node, owner, scope, static):
    return constructor(owner, parameters_of(child_of(node, "function_value_parameters"), scope))


def read_function(node, owner, scope, static):
    scope = scope.within(variables_of(node))
    parts = node.children
    opened = next(i for i, part in enumerate(parts) if part.type == "function_value_parameters")
    told = [part for part in parts[opened:] if part.type.endswith("_type")]
    answer, nullable = type_name(told[0], scope) if told else (inferred(child_of(node, "function_body"), scope), False)
    return Member(
        "fun",
        name_of(node),
        "void" if answer == "kotlin.Unit" else answer,
        parameters_of(parts[opened], scope),
        nullable,
        static,
        receiver_of(node, scope),
        "suspend" in modifiers(node),
    )


def receiver_of(node, scope):
    dot = next((i for i, child in enumerate(node.children) if child.type == "."), None)
    return None if dot is None else type_name(node.children[dot - 1], scope)[0]


def read_property(node, owner, scope, static):
    scope = scope.within(variables_of(node))
    name, (told, nullable) = named(child_of(node, "variable_declaration"), scope)
    words = modifiers(node)
    kind = "field" if {"const", "@JvmField"} & words else child_of(node, "val", "var").type
    setter = child_of(node, "setter")
    if kind == "var" and setter and hidden(setter):
        kind = "val"
    told = told or literal_type(node.named_children[-1], scope)
    return Member(kind, name, told, (), nullable, static, receiver_of(node, scope))


def inferred(body, scope):
    """The type that is not written: nothing for a block, else that of the one expression."""
    if body is None or child_of(body, "block"):
        return "kotlin.Unit"
    return literal_type(body.named_children[-1], scope)


def read_entry(node, owner, scope, static):
    return Member("field", child_of(node, "identifier").text.decode(), boxed(owner.name), static=True)


READERS = {
    "secondary_constructor": read_constructor,
    "function_declaration": read_function,
    "property_declaration": read_property,
    "enum_entry": read_entry,
}
