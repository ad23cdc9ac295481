#version 330
// Hair throws the shadow of its strands, not of the cards that they are painted on.
uniform sampler2D albedo;
in vec2 surface_uv;

void main() {
    if (texture(albedo, surface_uv).a < 0.5) discard;
}
