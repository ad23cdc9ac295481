"""Exported files run by the official aarch64 wheels under qemu-user: the arithmetic of ARM processors without a phone.

Everything here is *emulated*: it shows which rotations ARM kernels give, and never how fast they are.
"""
