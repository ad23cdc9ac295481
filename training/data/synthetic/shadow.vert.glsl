#version 330
// Depth as the main light sees it.
uniform mat4 to_light;
in vec3 position;
in vec2 uv;
out vec2 surface_uv;

void main() {
    surface_uv = uv;
    gl_Position = to_light * vec4(position, 1.0);
}
