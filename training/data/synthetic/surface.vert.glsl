#version 400
// From the part's frame to the camera's and the picture's, with all light that varies slowly: a head has more vertices
// than it has pixels, and a software driver pays for each triangle's block of pixels but once for each vertex.
// Ambient light: harmonics of degree 2 (Ramamoorthi & Hanrahan 2001).
const int LIGHTS = 3;
uniform mat4 to_camera;
uniform mat4 to_clip;
uniform mat4 to_light;
uniform vec3 sh[9];               // radiance that a white surface sends back, times the harmonics' polynomials
uniform vec3 light_direction[LIGHTS];
uniform vec3 light_colour[LIGHTS];
uniform int lights;
uniform float roughness;
uniform float subsurface;
uniform float shadow_offset;      // metres out of the surface at which the shadow is looked up, against its own steps
uniform float facing;             // -1 in the pass that draws the backs of surfaces seen from both sides
in vec3 position;
in vec3 normal;
in vec2 uv;
out vec3 seen_position;
out vec3 seen_normal;
out vec3 light_position;
out vec3 ambient_light;
out vec3 ambient_gloss;
out vec2 surface_uv;

vec3 ambient(vec3 n) {
    return max(vec3(0.0), sh[0] + sh[1] * n.y + sh[2] * n.z + sh[3] * n.x + sh[4] * n.x * n.y + sh[5] * n.y * n.z
        + sh[6] * (3.0 * n.z * n.z - 1.0) + sh[7] * n.x * n.z + sh[8] * (n.x * n.x - n.y * n.y));
}

void main() {
    vec4 seen = to_camera * vec4(position, 1.0);
    vec3 n = normalize(mat3(to_camera) * normal + vec3(0.0, 0.0, 1e-9)) * facing;
    vec3 v = normalize(-seen.xyz);
    float away = 1.0 - clamp(dot(n, v), 0.05, 1.0);
    float rim = 0.04 + 0.5 * away * away * away * away * away * (1.0 - roughness);
    vec3 wrap = subsurface * vec3(0.40, 0.16, 0.10);
    ambient_light = ambient(n);
    ambient_gloss = ambient(reflect(-v, n)) * rim * 0.5;
    for (int i = 1; i < lights; i++) {
        vec3 falloff = clamp((dot(n, light_direction[i]) + wrap) / ((1.0 + wrap) * (1.0 + wrap)), 0.0, 1.0);
        float nh = max(dot(n, normalize(light_direction[i] + v)), 0.0);
        float a2 = max(roughness * roughness * roughness * roughness, 0.01);
        float lobe = nh * nh * (a2 - 1.0) + 1.0;
        ambient_light += light_colour[i] * falloff;
        ambient_gloss += light_colour[i] * falloff.b * min(0.04 * a2 / (4.0 * lobe * lobe), 4.0);
    }
    seen_position = seen.xyz;
    seen_normal = n;
    light_position = (to_light * vec4(position + normal * (facing * shadow_offset), 1.0)).xyz;
    surface_uv = uv;
    gl_Position = to_clip * seen;
}
