"""Kotlin's types as Java's: `Int` is int, `List<Int>` is java.util.List<java.lang.Integer>, `IntArray` is int[]."""

from __future__ import annotations

from dataclasses import dataclass, replace

PRIMITIVES = {
    "Int": "int",
    "Long": "long",
    "Short": "short",
    "Byte": "byte",
    "Float": "float",
    "Double": "double",
    "Boolean": "boolean",
    "Char": "char",
}
BOXES = {name: f"java.lang.{name.capitalize()}" for name in PRIMITIVES.values()} | {
    "int": "java.lang.Integer",
    "char": "java.lang.Character",
}
MAPPED = {
    "Any": "java.lang.Object",
    "AutoCloseable": "java.lang.AutoCloseable",
    "CharSequence": "java.lang.CharSequence",
    "Class": "java.lang.Class",
    "Exception": "java.lang.Exception",
    "KClass": "java.lang.Class",
    "Lazy": "kotlin.Lazy",
    "List": "java.util.List",
    "Map": "java.util.Map",
    "Nothing": "java.lang.Void",
    "Set": "java.util.Set",
    "String": "java.lang.String",
    "Unit": "kotlin.Unit",
}
ARRAYS = {f"{name}Array": f"{java}[]" for name, java in PRIMITIVES.items()}


@dataclass(frozen=True)
class Scope:
    """Where a name stands: its package, what is imported, the classes of the file and the type variables."""

    package: str
    imports: dict[str, str]
    classes: frozenset[str]
    path: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()
    variables_here: tuple[str, ...] = ()

    @property
    def owner(self):
        """The qualified name of the class around."""
        return ".".join((self.package, *self.path))

    def inside(self, name, variables):
        """The scope of a class in this one."""
        return replace(self.within(variables), path=(*self.path, name), variables_here=variables)

    def within(self, variables):
        """This scope with more type variables."""
        return replace(self, variables=(*self.variables, *variables))

    def resolve(self, name):
        """The qualified name of a simple one."""
        for length in range(len(self.path), 0, -1):
            nested = ".".join((self.package, *self.path[:length], name))
            if nested in self.classes:
                return nested
        here = f"{self.package}.{name}"
        return self.imports.get(name) or (here if here in self.classes else MAPPED.get(name, here))


def boxed(name):
    """What stands for a type between angle brackets."""
    return BOXES.get(name, name)


def type_name(node, scope):
    """(name, whether it may be null) of a node that is a type; Kotlin's `in` and `out` say nothing here."""
    if node.type == "nullable_type":
        return boxed(type_name(node.named_children[0], scope)[0]), True
    if node.type == "function_type":
        return function_name(node, scope), False
    if node.type == "parenthesized_type":
        return type_name(node.named_children[-1], scope)
    return user_type_name(node, scope), False


def user_type_name(node, scope):
    first, *rest = [child.text.decode() for child in node.children if child.type == "identifier"]
    if first in scope.variables and not rest:
        return first
    if first in PRIMITIVES or first in ARRAYS:
        return PRIMITIVES.get(first) or ARRAYS[first]
    listed = [part for child in node.children if child.type == "type_arguments" for part in child.children]
    arguments = [name for part in listed if (name := argument(part, scope))]
    if first == "Array":
        return f"{arguments[0]}[]"
    name = ".".join((scope.resolve(first), *rest))
    return f"{name}<{', '.join(arguments)}>" if arguments else name


def argument(node, scope):
    """A type between angle brackets; `*` is any object."""
    if node.type != "type_projection":
        return None
    kinds = [child for child in node.named_children if child.type.endswith("_type")]
    return boxed(type_name(kinds[0], scope)[0]) if kinds else "java.lang.Object"


def function_name(node, scope):
    """`Receiver.(A) -> R` is a Function2<Receiver, A, R>."""
    parts = []
    for child in node.named_children:
        inner = child.named_children if child.type == "function_type_parameters" else [child]
        parts += [boxed(type_name(part, scope)[0]) for part in inner if part.type.endswith("_type")]
    return f"kotlin.jvm.functions.Function{len(parts) - 1}<{', '.join(parts)}>"


def literal_type(node, scope):
    """The type of a literal, or of a call of a constructor; None where it cannot be told without a compiler."""
    text = node.text.decode()
    if node.type == "number_literal":
        return "long" if text.endswith("L") else "int"
    if node.type == "float_literal":
        return "float" if text.endswith("f") else "double"
    if node.type == "call_expression" and node.children[0].type == "identifier":
        made = scope.resolve(node.children[0].text.decode())
        return made if made in scope.classes else None
    if text in ("true", "false"):
        return "boolean"
    return "java.lang.String" if node.type == "string_literal" else None
