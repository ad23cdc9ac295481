// https://developer.apple.com/documentation/swiftui/view: the modifiers that the app uses, and their values. iOS 16.
import Combine
import UniformTypeIdentifiers

// https://developer.apple.com/documentation/swiftui/shapestyle
public protocol ShapeStyle: Sendable {}
// https://developer.apple.com/documentation/swiftui/color
extension Color: StubView {}
// https://developer.apple.com/documentation/swiftui/color
public struct Color: ShapeStyle, Hashable {
    public static let red = Color(), green = Color(), blue = Color(), orange = Color(), yellow = Color()
    public static let white = Color(), black = Color()
    init() {}
    public func opacity(_ opacity: Double) -> Color { self }
}
// https://developer.apple.com/documentation/swiftui/hierarchicalshapestyle
public struct HierarchicalShapeStyle: ShapeStyle {}
// https://developer.apple.com/documentation/swiftui/material
public struct Material: ShapeStyle {}
extension ShapeStyle where Self == Color {
    public static var red: Color { Color() }
    public static var green: Color { Color() }
    public static var orange: Color { Color() }
    public static var yellow: Color { Color() }
    public static var white: Color { Color() }
    public static var black: Color { Color() }
}
extension ShapeStyle where Self == HierarchicalShapeStyle {
    public static var secondary: HierarchicalShapeStyle { HierarchicalShapeStyle() }
}
extension ShapeStyle where Self == Material { public static var ultraThinMaterial: Material { Material() } }
// https://developer.apple.com/documentation/swiftui/shape
public protocol Shape: Sendable {}
// https://developer.apple.com/documentation/swiftui/roundedrectangle
public struct RoundedRectangle: Shape { public init(cornerRadius: CGFloat) {} }
// https://developer.apple.com/documentation/swiftui/circle
public struct Circle: Shape { public init() {} }
// https://developer.apple.com/documentation/swiftui/font
public struct Font: Hashable, Sendable {
    public static let largeTitle = Font(), title2 = Font(), headline = Font(), body = Font(), callout = Font()
    public static let footnote = Font(), caption = Font()
    public func monospaced() -> Font { self }
    public func monospacedDigit() -> Font { self }
    public func bold() -> Font { self }
}
// https://developer.apple.com/documentation/swiftui/unitpoint
public struct UnitPoint: Hashable, Sendable { public static let center = UnitPoint(), top = UnitPoint() }
// https://developer.apple.com/documentation/swiftui/textalignment
public enum TextAlignment: Sendable { case leading, center, trailing }
// https://developer.apple.com/documentation/swiftui/verticaledge
public enum VerticalEdge: Sendable { case top, bottom }
// https://developer.apple.com/documentation/swiftui/edge
public struct Edge { public struct Set: OptionSet, Sendable {
    public let rawValue: Int8
    public init(rawValue: Int8) { self.rawValue = rawValue }
    public static let all = Set(rawValue: 15)
} }
// https://developer.apple.com/documentation/swiftui/alignment
public struct Alignment: Sendable { public static let center = Alignment() }
// https://developer.apple.com/documentation/swiftui/accessibilitytraits
public struct AccessibilityTraits: OptionSet, Sendable {
    public let rawValue: Int
    public init(rawValue: Int) { self.rawValue = rawValue }
    public static let isHeader = AccessibilityTraits(rawValue: 1)
    public static let updatesFrequently = AccessibilityTraits(rawValue: 2)
}
// https://developer.apple.com/documentation/swiftui/accessibilitychildbehavior
public struct AccessibilityChildBehavior: Sendable {
    public static let ignore = AccessibilityChildBehavior(), combine = AccessibilityChildBehavior()
}
// https://developer.apple.com/documentation/swiftui/primitivebuttonstyle
public struct ButtonStyleName: Sendable {
    public static let bordered = ButtonStyleName(), borderedProminent = ButtonStyleName(), plain = ButtonStyleName()
}
// https://developer.apple.com/documentation/swiftui/pickerstyle
public struct PickerStyleName: Sendable { public static let segmented = PickerStyleName() }
// https://developer.apple.com/documentation/swiftui/textselectability
public struct TextSelectability: Sendable { public static let enabled = TextSelectability() }

@MainActor extension View {
    public func font(_ font: Font?) -> some View { self }
    public func foregroundStyle<S: ShapeStyle>(_ style: S) -> some View { self }
    public func tint(_ tint: Color?) -> some View { self }
    public func multilineTextAlignment(_ alignment: TextAlignment) -> some View { self }
    public func monospacedDigit() -> some View { self }
    public func textSelection(_ selectability: TextSelectability) -> some View { self }
    public func padding(_ length: CGFloat) -> some View { self }
    public func padding() -> some View { self }
    public func frame(width: CGFloat? = nil, height: CGFloat? = nil, alignment: Alignment = .center) -> some View { self }
    public func frame(
        minWidth: CGFloat? = nil, idealWidth: CGFloat? = nil, maxWidth: CGFloat? = nil, minHeight: CGFloat? = nil,
        idealHeight: CGFloat? = nil, maxHeight: CGFloat? = nil, alignment: Alignment = .center
    ) -> some View { self }
    public func background<S: ShapeStyle, T: Shape>(_ style: S, in shape: T) -> some View { self }
    public func ignoresSafeArea() -> some View { self }
    public func safeAreaInset<V: View>(edge: VerticalEdge, @ViewBuilder content: () -> V) -> some View { self }
    public func scaledToFit() -> some View { self }
    public func disabled(_ disabled: Bool) -> some View { self }
    public func allowsHitTesting(_ enabled: Bool) -> some View { self }
    public func tag<V: Hashable>(_ tag: V) -> some View { self }
    public func tabItem<V: View>(@ViewBuilder _ label: () -> V) -> some View { self }
    public func buttonStyle(_ style: ButtonStyleName) -> some View { self }
    public func pickerStyle(_ style: PickerStyleName) -> some View { self }
    public func environment<V>(_ keyPath: WritableKeyPath<EnvironmentValues, V>, _ value: V) -> some View { self }
    public func environmentObject<T: ObservableObject>(_ object: T) -> some View { self }

    public func accessibilityHidden(_ hidden: Bool) -> some View { self }
    public func accessibilityLabel(_ label: Text) -> some View { self }
    public func accessibilityIdentifier(_ identifier: String) -> some View { self }
    public func accessibilityAddTraits(_ traits: AccessibilityTraits) -> some View { self }
    public func accessibilityElement(children: AccessibilityChildBehavior = .ignore) -> some View { self }

    public func navigationTitle(_ title: Text) -> some View { self }
    public func toolbar<Content: ToolbarContent>(@ToolbarContentBuilder content: () -> Content) -> some View { self }
    public func swipeActions<T: View>(@ViewBuilder content: () -> T) -> some View { self }

    // https://developer.apple.com/documentation/swiftui/view/onappear(perform:)
    public func onAppear(perform action: (() -> Void)? = nil) -> some View { self }
    // https://developer.apple.com/documentation/swiftui/view/onchange(of:perform:) (iOS 14 to 16)
    public func onChange<V: Equatable>(of value: V, perform action: @escaping (_ newValue: V) -> Void) -> some View { self }
    // https://developer.apple.com/documentation/swiftui/view/task(id:priority:_:)
    // Whether the action runs on the caller's actor is not documented: here it does not.
    public func task<T: Equatable>(
        id value: T, priority: TaskPriority = .userInitiated,
        _ action: @escaping @Sendable () async -> Void
    ) -> some View { self }
    // https://developer.apple.com/documentation/swiftui/view/refreshable(action:)
    public func refreshable(action: @escaping @Sendable () async -> Void) -> some View { self }
    // https://developer.apple.com/documentation/swiftui/view/alert(_:ispresented:actions:message:)
    public func alert<A: View, M: View>(
        _ titleKey: LocalizedStringKey, isPresented: Binding<Bool>, @ViewBuilder actions: () -> A,
        @ViewBuilder message: () -> M
    ) -> some View { self }
    // https://developer.apple.com/documentation/swiftui/view/fileimporter(ispresented:allowedcontenttypes:oncompletion:)
    public func fileImporter(
        isPresented: Binding<Bool>, allowedContentTypes: [UTType],
        onCompletion: @escaping (_ result: Result<URL, any Error>) -> Void
    ) -> some View { self }
}
