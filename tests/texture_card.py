"""A renderer's textures without a renderer."""


class Card:
    """Remembers as a renderer does."""

    def __init__(self):
        self.textures = {}

    def has_texture(self, key):
        return key in self.textures

    def add_texture(self, key, picture):
        self.textures[key] = picture

    def drop_texture(self, key):
        del self.textures[key]
