"""Compares what a stub of Android or AndroidX says with the published signatures, member by member."""

from __future__ import annotations

from dataclasses import dataclass, field

from kotlin_stubs import declarations
from kotlin_types import boxed
from published_api import MERGED, classes_of, lineage, published

FITS = {
    "int": {"int", "long", "short", "byte", "java.lang.Integer", "java.lang.Long", "java.lang.Short", "java.lang.Byte"},
    "float": {"float", "double", "java.lang.Float", "java.lang.Double"},
    "bool": {"boolean", "java.lang.Boolean"},
    "str": {"java.lang.String", "char", "java.lang.Character"},
}
# What the signatures do not show: class of a file → names that no class file has under that name.
INVISIBLE = {"androidx.activity": {"viewModels"}}  # inline with a reified type: only the compiler of Kotlin calls it


@dataclass
class Report:
    """The faults of a folder of stubs, and how much was looked at: names of classes and of members."""

    faults: list[str] = field(default_factory=list)
    classes: list[str] = field(default_factory=list)
    members: list[str] = field(default_factory=list)


def audit(files):
    """Compares all that these files declare, except what their comments call our own."""
    report = Report()
    for file in files:
        for declared in declarations(file.read_text(encoding="utf-8")):
            look = top_faults if declared.kind == "file" else class_faults
            report.faults += look(declared)
            if declared.kind != "file":
                report.classes.append(declared.name)
            report.members += [f"{declared.name}.{member.name}" for member in seen(declared)]
    return report


def seen(declared):
    hidden = INVISIBLE.get(declared.name, set()) if declared.kind == "file" else set()
    return [member for member in declared.members if member.name not in hidden]


def class_faults(declared):
    found = published(declared.name)
    if found is None:
        return [f"there is no class {declared.name}"]
    faults = [*kind_faults(declared, found), *base_faults(declared, found)]
    if declared.variables and declared.variables != found.variables:
        faults.append(f"{declared.name} has the type variables {list(found.variables)}")
    for member in declared.members:
        faults += CHECKS[member.kind](declared.name, member)
    return faults


def kind_faults(declared, found):
    """An interface has no constructor; an enumeration and an annotation have their base; a real object has INSTANCE."""
    ancestors = {one.partition("<")[0] for ancestor in lineage(found.name) for one in ancestor.bases}
    needed = {"enum": "java.lang.Enum", "annotation": "java.lang.annotation.Annotation"}.get(declared.kind)
    if needed and needed not in ancestors:
        yield f"{found.name} is no {declared.kind}"
    if declared.kind == "interface" and "__init__" in found.methods:
        yield f"{found.name} is no interface"
    if declared.kind == "class" and needed is None and ancestors & {"java.lang.Enum"}:
        yield f"{found.name} is an enum"
    if declared.kind == "object" and declared.bases and "INSTANCE" not in found.fields:
        yield f"{found.name} is no object"


def base_faults(declared, found):
    """A base that is claimed is one, with the same types between its angle brackets."""
    above = [base for ancestor in lineage(found.name) for base in ancestor.bases]
    for base in declared.bases:
        if base not in above:
            yield f"{found.name} is no {base}"


def methods(owner, name):
    """All published methods of a class with this name, its ancestors' too; constructors are its own."""
    where = [published(owner)] if name == "__init__" else lineage(owner)
    return [one for found in where for one in found.methods.get(name, [])]


def fits(told, shown):
    """Whether a type of ours is the published one; what is returned may be published as Python's int, float…"""
    return told in FITS[shown] if shown in MERGED else told == shown


def same(told, shown):
    """Whether parameters agree; the signatures write int where Java has an Integer."""
    return len(told) == len(shown) and all(a == b or boxed(b) == a for a, b in zip(told, shown, strict=True))


def shapes(member):
    """The lists of parameters that can be written: without the optional ones at the end too."""
    parameters = member.parameters
    yield parameters
    while parameters and parameters[-1].optional:
        parameters = parameters[:-1]
        yield parameters


def described(owner, name, found):
    lists = sorted(f"({', '.join(one.parameters)})" for one in found)
    return f"{owner}.{name} takes {' or '.join(lists)}" if lists else f"{owner} has no {name}"


def function_faults(owner, member):
    found = methods(owner, member.name)
    for shape in shapes(member):
        types = [parameter.type for parameter in shape]
        fitting = [one for one in found if same(types, one.parameters)]
        yield from method_faults(owner, member, found, fitting)


def method_faults(owner, member, found, fitting):
    """What is wrong with a method of which `found` have the name and `fitting` the parameters too."""
    if not fitting:
        yield described(owner, member.name, found)
    elif not any(one.static == member.static for one in fitting):
        yield f"{owner}.{member.name} is {'not ' if member.static else ''}static"
    elif member.kind != "constructor":
        returned = [one for one in fitting if one.static == member.static]
        yield from returned_faults(f"{owner}.{member.name}", member, returned)


def returned_faults(where, member, fitting):
    if not any(fits(member.type, one.returns) for one in fitting):
        yield f"{where} is of type {fitting[0].returns}, not {member.type}"
    elif fitting[0].nullable and not member.nullable:
        yield f"{where} may be null"


def constructor_faults(owner, member):
    found = methods(owner, "__init__")
    for shape in shapes(member):
        types = [parameter.type for parameter in shape]
        if not any(same(types, one.parameters) for one in found):
            yield described(owner, "constructor", found)


def field_faults(owner, member):
    found = next((one.fields[member.name] for one in lineage(owner) if member.name in one.fields), None)
    if found is None:
        yield f"{owner} has no {member.name}"
    elif found.static != member.static:
        yield f"{owner}.{member.name} is {'' if found.static else 'not '}static"
    elif not fits(member.type, found.type):
        yield f"{owner}.{member.name} is of type {found.type}, not {member.type}"


def property_faults(owner, member):
    """A property needs Java's getter, and a setter where it can be written."""
    capital = member.name[:1].upper() + member.name[1:]
    getter = member.name if member.name.startswith("is") else f"get{capital}"
    found = [one for one in methods(owner, getter) if not one.parameters]
    if not found:
        yield f"{owner} has no {member.name}"
    else:
        yield from method_faults(owner, member, found, found)
    setter = f"set{capital.removeprefix('Is') if getter == member.name else capital}"
    settable = any(same([member.type], one.parameters) and not one.static for one in methods(owner, setter))
    if found and member.kind == "var" and not settable:
        yield f"{owner}.{member.name} cannot be set"


CHECKS = {
    "fun": function_faults,
    "constructor": constructor_faults,
    "field": field_faults,
    "val": property_faults,
    "var": property_faults,
}


def top_faults(declared):
    """What stands outside of classes is static in a class of the file, its receiver the first parameter."""
    faults = []
    for member in seen(declared):
        found = list(facades(declared.name, member))
        told = [*([member.receiver] if member.receiver else []), *(one.type for one in member.parameters)]
        fitting = [one for one in found if same(told, one.parameters) and names_agree(member, one)]
        if fitting:
            faults += returned_faults(f"{declared.name}.{member.name}", member, fitting)
        else:
            names = f", by the names {sorted(one.names for one in found)}" if found else ""
            faults.append(described(declared.name, member.name, found) + names)
    return faults


def facades(package, member):
    """The static methods that are this function: Kotlin writes its name into that of the receiver, `this_name`."""
    for found in classes_of(package).values():
        for name, signatures in found.methods.items():
            for one in signatures:
                extends = one.names[:1] == (f"this_{member.name}",)
                if one.static and (extends if member.receiver else name == member.name and found.name.endswith("Kt")):
                    yield one


def names_agree(member, signature):
    """Kotlin's callers may write the names of parameters, so these count too."""
    shown = signature.names[1 if member.receiver else 0 :]
    return tuple(one.name for one in member.parameters) == shown
