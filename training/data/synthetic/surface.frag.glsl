#version 400
// ALPHA is put in by the renderer: 0 opaque, 1 cutout, 2 blend. Three programs, since a software driver runs both arms
// of every branch, and tests depth before it shades only where nothing is discarded.
// Light on skin, eyes and hair, in linear light; written with premultiplied alpha.
// Diffuse: wrapped, wider in red under the skin. Specular: GGX with Schlick's Fresnel term (Walter et al. 2007, Schlick
// 1994) and Smith's visibility in Schlick's form. What varies slowly comes from the vertices.
uniform sampler2D albedo;
uniform sampler2D detail;         // xy: slope, z: shade, w: gloss, each around one half
uniform sampler2DShadow shadow;
uniform vec3 main_direction;
uniform vec3 main_colour;
uniform float shadow_step;        // of the map, between the samples of the shadow's edge
uniform float shadow_bias;
uniform vec3 tint;
uniform float specular;
uniform float roughness;
uniform float subsurface;
uniform float detail_strength;
uniform float detail_scale;
uniform int samples;              // of a pixel
uniform int pass_kind;            // 0 all, 1 the solid core of a blended part, 2 its soft rest
in vec3 seen_position;
in vec3 seen_normal;
in vec3 light_position;
in vec3 ambient_light;
in vec3 ambient_gloss;
in vec2 surface_uv;
out vec4 colour;

float lit() {
    vec3 at = light_position * 0.5 + 0.5;
    at.z -= shadow_bias;
    vec2 a = vec2(0.35, 0.95) * shadow_step;  // four linear samples on a turned square blur without stripes
    return 0.25 * (texture(shadow, at + vec3(a.x, a.y, 0)) + texture(shadow, at + vec3(-a.y, a.x, 0))
        + texture(shadow, at + vec3(-a.x, -a.y, 0)) + texture(shadow, at + vec3(a.y, -a.x, 0)));
}

// Slopes of the texture turned into the camera's frame without stored tangents.
vec3 bumped(vec3 n, vec2 slope) {
    vec3 px = dFdx(seen_position), py = dFdy(seen_position);
    vec2 tx = dFdx(surface_uv), ty = dFdy(surface_uv);
    vec3 along = cross(py, n), across = cross(n, px);
    vec3 t = along * tx.x + across * ty.x, b = along * tx.y + across * ty.y;
    float longest = max(dot(t, t), dot(b, b));
    return longest > 0.0 ? normalize(n + (t * slope.x + b * slope.y) * inversesqrt(longest)) : n;
}

void main() {
    vec4 base = texture(albedo, surface_uv);
    float alpha = 1.0;
#if ALPHA == 1
    // as sharp as a pixel, so that several samples smooth the edge
    alpha = clamp((base.a - 0.5) / max(fwidth(base.a), 0.05) + 0.5, 0.0, 1.0);
    if (alpha < 0.5 / float(samples)) discard;
    gl_SampleMask[0] = (1 << int(alpha * float(samples) + 0.5)) - 1;
#elif ALPHA == 2
    if (pass_kind == 1 ? base.a < 0.85 : (base.a < 0.02 || base.a >= 0.85)) discard;
    alpha = pass_kind == 1 ? 1.0 : base.a;
#endif
    vec3 n = normalize(seen_normal);
    vec3 v = normalize(-seen_position);
    vec3 albedo_colour = base.rgb * tint;
    float alpha_rough = roughness * roughness;
    float gloss = specular;
#if ALPHA == 0
    if (detail_strength > 0.0) {
        vec4 d = texture(detail, surface_uv * detail_scale) - 0.5;
        n = bumped(n, d.xy * detail_strength);
        albedo_colour *= 1.0 + d.z * detail_strength * vec3(0.35, 0.5, 0.5);
        gloss *= 1.0 + d.w * detail_strength;
    }
#endif
    // Dark skin is no glossier than light skin; against its darkness the same gloss looks like oil, as cavities and
    // fine hair that are not modelled would dim it.
    gloss *= 0.35 + 0.65 * smoothstep(0.0, 0.35, dot(albedo_colour, vec3(0.2126, 0.7152, 0.0722)));
    float nv = clamp(dot(n, v), 0.05, 1.0);
    vec3 wrap = subsurface * vec3(0.40, 0.16, 0.10);
    float a2 = alpha_rough * alpha_rough;
    float nl = dot(n, main_direction);
    float open = lit();
    // under the skin light creeps into the shadow, red farthest
    vec3 soft = mix(vec3(open), vec3(open * (1.6 - 0.6 * open), open, open * (0.9 + 0.1 * open)), subsurface);
    vec3 falloff = clamp((nl + wrap) / ((1.0 + wrap) * (1.0 + wrap)), 0.0, 1.0);
    vec3 h = normalize(main_direction + v);
    float nh = max(dot(n, h), 0.0), away = 1.0 - max(dot(v, h), 0.0), away2 = away * away;
    float fresnel = 0.04 + 0.96 * away2 * away2 * away;
    float lobe = nh * nh * (a2 - 1.0) + 1.0;
    float k = alpha_rough * 0.5, up = max(nl, 0.0);
    float shine = a2 / (4.0 * lobe * lobe * (up * (1.0 - k) + k) * (nv * (1.0 - k) + k)) * fresnel * up * gloss;
    vec3 sent = albedo_colour * (ambient_light + main_colour * falloff * soft)
        + ambient_gloss * gloss + main_colour * (min(shine, 4.0) * open);
    // a camera's shoulder: bright light bends, it is not cut
    sent = mix(sent, 0.6 + 0.4 * (1.0 - exp((0.6 - sent) / 0.4)), greaterThan(sent, vec3(0.6)));
    colour = vec4(clamp(sent, 0.0, 1.0), 1.0);
#if ALPHA == 2
    colour *= alpha;
#endif
}
