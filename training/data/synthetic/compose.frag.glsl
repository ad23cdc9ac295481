#version 330
// The head over the background in linear light, written as sRGB; alpha is the head's coverage.
uniform sampler2D head;
uniform sampler2D background;
out vec4 colour;

void main() {
    vec4 front = texelFetch(head, ivec2(gl_FragCoord.xy), 0);
    vec3 linear = front.rgb + texelFetch(background, ivec2(gl_FragCoord.xy), 0).rgb * (1.0 - front.a);
    vec3 bent = 1.055 * pow(max(linear, vec3(0.0031308)), vec3(1.0 / 2.4)) - 0.055;
    colour = vec4(mix(bent, linear * 12.92, lessThan(linear, vec3(0.0031308))), front.a);
}
