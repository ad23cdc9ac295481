"""The signatures of Android and AndroidX that the packages chaquopy-stubs-* publish, in Java's terms.

Read from .pyi files, made of class files. Lost in them: access, `abstract`, `final`, what is an interface, values of
constants, and in results the difference of int and long, and of float and double. Kept: the exact types of parameters,
static or not, fields, constructors, bases, type variables, and which results are known to be null at times.
"""

from __future__ import annotations

import ast
import importlib.metadata
import keyword
import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

PUBLISHER = "chaquopy-stubs-"
EXACT = {"jint": "int", "jlong": "long", "jshort": "short", "jbyte": "byte", "jchar": "char"} | {
    "jfloat": "float",
    "jdouble": "double",
    "jboolean": "boolean",
    "jvoid": "java.lang.Void",
}
MERGED = {"int", "float", "bool", "str"}


@dataclass(frozen=True)
class Signature:
    """A method or a constructor; the names of parameters are the published ones, `arg1` where there are none."""

    names: tuple[str, ...]
    parameters: tuple[str, ...]
    returns: str
    nullable: bool
    static: bool


@dataclass(frozen=True)
class Field:
    type: str
    static: bool


@dataclass
class Published:
    """A class: what it has itself, and the names of its bases."""

    name: str
    bases: tuple[str, ...]
    variables: tuple[str, ...]
    methods: dict[str, list[Signature]] = field(default_factory=dict)
    fields: dict[str, Field] = field(default_factory=dict)


def packages():
    """Name → version of the installed packages of signatures."""
    found = importlib.metadata.distributions()
    return {name: one.version for one in found if (name := one.metadata["Name"] or "").startswith(PUBLISHER)}


@cache
def files():
    """Package of Java → the files of signatures that tell about it: more than one where two packages would collide."""
    found = {}
    for name in packages():
        for entry in importlib.metadata.distribution(name).files or []:
            if entry.name == "__init__.pyi":
                package = ".".join([entry.parts[0].removesuffix("-stubs"), *entry.parts[1:-1]])
                found.setdefault(package, []).append((name, Path(entry.locate())))
    return found


@cache
def classes_of(package):
    """Qualified name → `Published` of all classes of a package; empty where no installed package knows it."""
    if package not in files():
        return {}
    body = ast.parse(files()[package][0][1].read_text(encoding="utf-8")).body
    return dict(read_classes(body, package, Names(package, {n.name for n in body if isinstance(n, ast.ClassDef)})))


def published(name):
    """The class of a qualified name, or None; packages start small, classes with a capital or inside of one."""
    parts = name.split(".")
    for length in range(len(parts) - 1, 0, -1):
        if found := classes_of(".".join(parts[:length])).get(name):
            return found
    return None


def lineage(name):
    """The class and all that it inherits from, as far as the signatures know."""
    waiting, seen = [name], {}
    while waiting:
        current = waiting.pop(0).partition("<")[0]
        found = published(current)
        if found and current not in seen:
            seen[current] = found
            waiting += found.bases
    return list(seen.values())


@dataclass(frozen=True)
class Names:
    """Turns the types of a .pyi file into Java's."""

    package: str
    classes: set[str]

    def java(self, node):
        """(type, whether None is allowed) of an annotation."""
        alternatives = list(self.alternatives(node))
        known = [one for one in alternatives if one != "None"]
        exact = [EXACT[word] for one in known if (word := one.rpartition(".")[2]) in EXACT]
        text = next((one for one in known if one in ("java.lang.String", "java.lang.Object")), None)
        if not known:
            return "void", False
        return (exact or [text or known[0]])[0], "None" in alternatives

    def alternatives(self, node):
        if isinstance(node, ast.BinOp):
            yield from self.alternatives(node.left)
            yield from self.alternatives(node.right)
        else:
            yield self.one(node)

    def one(self, node):
        if isinstance(node, ast.Subscript):
            return self.generic(ast.unparse(node.value), node.slice)
        name = ast.unparse(node)
        if array := re.fullmatch(r"java\.chaquopy\.JavaArray(J\w+)", name):
            return EXACT[array[1].lower()] + "[]"
        if variable := re.fullmatch(r"_\w+?__(\w+)", name):
            return variable[1]
        # A class of the same package, but of another library, is written without its package too.
        ours = name.partition(".")[0] in self.classes or ("." not in name and name not in {*MERGED, "None"})
        return f"{self.package}.{name}" if ours else name

    def generic(self, name, inside):
        arguments = [self.java(part)[0] for part in (inside.elts if isinstance(inside, ast.Tuple) else [inside])]
        if name == "java.chaquopy.JavaArray":
            return f"{arguments[0]}[]"
        name = "java.lang.Class" if name == "typing.Type" else self.one(ast.parse(name, mode="eval").body)
        return f"{name}<{', '.join(arguments)}>"


def read_classes(body, prefix, names):
    for node in body:
        if isinstance(node, ast.ClassDef):
            name = f"{prefix}.{node.name}"
            yield name, read_class(node, name, names)
            yield from read_classes(node.body, name, names)


def read_class(node, name, names):
    bases = [base for base in node.bases if not ast.unparse(base).startswith("typing.Generic")]
    generic = [base for base in node.bases if base not in bases]
    variables = re.findall(r"__(\w+)", ast.unparse(generic[0])) if generic else []
    read = Published(name, tuple(names.java(base)[0] for base in bases), tuple(variables))
    for part in node.body:
        if isinstance(part, ast.FunctionDef):
            read.methods.setdefault(real(part.name), []).append(signature(part, names))
        elif isinstance(part, ast.AnnAssign):
            static = ast.unparse(part.annotation).startswith("typing.ClassVar")
            told = part.annotation.slice if static else part.annotation
            read.fields[real(part.target.id)] = Field(names.java(told)[0], static)
    return read


def real(name):
    """`is_` stands for Java's `is`, which is a word of Python's own."""
    bare = name.removesuffix("_")
    return bare if keyword.iskeyword(bare) else name


def signature(node, names):
    static = any(ast.unparse(decorator) == "staticmethod" for decorator in node.decorator_list)
    arguments = [*node.args.posonlyargs, *node.args.args][not static :]
    types = [names.java(argument.annotation)[0] for argument in arguments]
    if node.args.vararg:
        types.append(names.java(node.args.vararg.annotation)[0] + "[]")
        arguments.append(node.args.vararg)
    returns, nullable = names.java(node.returns)
    return Signature(tuple(real(a.arg) for a in arguments), tuple(types), returns, nullable, static)
