// https://developer.apple.com/documentation/swiftui: the views that the app uses. iOS 16.
import UIKit

// https://developer.apple.com/documentation/swiftui/text
// The initialiser of any StringProtocol is left out: text that is not translated says `verbatim`.
public struct Text: StubView, Equatable {
    public init(
        _ key: LocalizedStringKey, tableName: String? = nil, bundle: Bundle? = nil, comment: StaticString? = nil
    ) {}
    public init(verbatim content: String) {}
    public func font(_ font: Font?) -> Text { self }
    public func foregroundColor(_ color: Color?) -> Text { self }
    public func monospacedDigit() -> Text { self }
    public nonisolated static func == (a: Text, b: Text) -> Bool { true }
}
// https://developer.apple.com/documentation/swiftui/image
public struct Image: StubView {
    public init(systemName: String) {}
    public init(uiImage: UIImage) {}
    public func resizable() -> Image { self }
}
// https://developer.apple.com/documentation/swiftui/label
public struct Label<Title: View, Icon: View>: StubView {
    public init(@ViewBuilder title: () -> Title, @ViewBuilder icon: () -> Icon) {}
}
extension Label where Title == Text, Icon == Image {
    public init(_ titleKey: LocalizedStringKey, systemImage name: String) {}
}
// https://developer.apple.com/documentation/swiftui/buttonrole
public struct ButtonRole: Equatable, Sendable {
    public static let destructive = ButtonRole()
    public static let cancel = ButtonRole()
}
// https://developer.apple.com/documentation/swiftui/button
public struct Button<Label: View>: StubView {
    @preconcurrency public init(action: @escaping @MainActor () -> Void, @ViewBuilder label: () -> Label) {}
}
extension Button where Label == Text {
    @preconcurrency public init(_ titleKey: LocalizedStringKey, action: @escaping @MainActor () -> Void) {}
    @preconcurrency public init(
        _ titleKey: LocalizedStringKey, role: ButtonRole?, action: @escaping @MainActor () -> Void
    ) {}
}
// https://developer.apple.com/documentation/swiftui/horizontalalignment
public enum HorizontalAlignment: Sendable { case leading, center, trailing }
// https://developer.apple.com/documentation/swiftui/verticalalignment
public enum VerticalAlignment: Sendable { case top, center, bottom, firstTextBaseline }
// https://developer.apple.com/documentation/swiftui/vstack
public struct VStack<Content: View>: StubView {
    public init(
        alignment: HorizontalAlignment = .center, spacing: CGFloat? = nil, @ViewBuilder content: () -> Content
    ) {}
}
// https://developer.apple.com/documentation/swiftui/hstack
public struct HStack<Content: View>: StubView {
    public init(alignment: VerticalAlignment = .center, spacing: CGFloat? = nil, @ViewBuilder content: () -> Content) {}
}
// https://developer.apple.com/documentation/swiftui/zstack
public struct ZStack<Content: View>: StubView { public init(@ViewBuilder content: () -> Content) {} }
// https://developer.apple.com/documentation/swiftui/spacer
public struct Spacer: StubView { public init() {} }
// https://developer.apple.com/documentation/swiftui/list
public struct List<Content: View>: StubView { public init(@ViewBuilder content: () -> Content) {} }
// https://developer.apple.com/documentation/swiftui/form
public struct Form<Content: View>: StubView { public init(@ViewBuilder content: () -> Content) {} }
// https://developer.apple.com/documentation/swiftui/scrollview
public struct ScrollView<Content: View>: StubView { public init(@ViewBuilder content: () -> Content) {} }
// https://developer.apple.com/documentation/swiftui/navigationstack
public struct NavigationStack<Content: View>: StubView { public init(@ViewBuilder root: () -> Content) {} }
// https://developer.apple.com/documentation/swiftui/section
public struct Section<Parent, Content, Footer>: StubView {}
extension Section where Parent: View, Content: View, Footer: View {
    public init(
        @ViewBuilder content: () -> Content, @ViewBuilder header: () -> Parent, @ViewBuilder footer: () -> Footer
    ) {}
}
extension Section where Parent: View, Content: View, Footer == EmptyView {
    public init(@ViewBuilder content: () -> Content, @ViewBuilder header: () -> Parent) {}
}
extension Section where Parent == EmptyView, Content: View, Footer: View {
    public init(@ViewBuilder content: () -> Content, @ViewBuilder footer: () -> Footer) {}
}
extension Section where Parent == EmptyView, Content: View, Footer == EmptyView {
    public init(@ViewBuilder content: () -> Content) {}
}
// https://developer.apple.com/documentation/swiftui/foreach
public struct ForEach<Data: RandomAccessCollection, ID: Hashable, Content>: StubView {}
extension ForEach where Content: View, Data.Element: Identifiable, ID == Data.Element.ID {
    public init(_ data: Data, @ViewBuilder content: @escaping (Data.Element) -> Content) {}
}
extension ForEach where Content: View {
    public init(
        _ data: Data, id: KeyPath<Data.Element, ID>, @ViewBuilder content: @escaping (Data.Element) -> Content
    ) {}
}
// https://developer.apple.com/documentation/swiftui/tabview
public struct TabView<SelectionValue: Hashable, Content: View>: StubView {
    public init(selection: Binding<SelectionValue>?, @ViewBuilder content: () -> Content) {}
}
// https://developer.apple.com/documentation/swiftui/picker
public struct Picker<Label: View, SelectionValue: Hashable, Content: View>: StubView {}
extension Picker where Label == Text {
    public init(
        _ titleKey: LocalizedStringKey, selection: Binding<SelectionValue>, @ViewBuilder content: () -> Content
    ) {}
}
// https://developer.apple.com/documentation/swiftui/toggle
public struct Toggle<Label: View>: StubView {
    public init(isOn: Binding<Bool>, @ViewBuilder label: () -> Label) {}
}
extension Toggle where Label == Text { public init(_ titleKey: LocalizedStringKey, isOn: Binding<Bool>) {} }
// https://developer.apple.com/documentation/swiftui/menu
public struct Menu<Label: View, Content: View>: StubView {
    public init(@ViewBuilder content: () -> Content, @ViewBuilder label: () -> Label) {}
}
// https://developer.apple.com/documentation/swiftui/progressview
public struct ProgressView<Label: View, CurrentValueLabel: View>: StubView {}
extension ProgressView where CurrentValueLabel == EmptyView {
    public init<V: BinaryFloatingPoint>(value: V?, total: V = 1.0, @ViewBuilder label: () -> Label) {}
}
extension ProgressView where Label == Text, CurrentValueLabel == EmptyView {
    public init(_ titleKey: LocalizedStringKey) {}
}
// https://developer.apple.com/documentation/swiftui/sharelink (iOS 16)
public struct ShareLink<Data, PreviewImage, PreviewIcon, Label: View>: StubView {}
extension ShareLink where PreviewImage == Never, PreviewIcon == Never, Data == CollectionOfOne<URL> {
    public init(item: URL, subject: Text? = nil, message: Text? = nil, @ViewBuilder label: () -> Label) {}
}
// https://developer.apple.com/documentation/swiftui/toolbarcontent
@MainActor @preconcurrency public protocol ToolbarContent {}
// https://developer.apple.com/documentation/swiftui/toolbarcontentbuilder
@resultBuilder public enum ToolbarContentBuilder {
    public static func buildBlock<Content: ToolbarContent>(_ content: Content) -> Content { content }
}
// https://developer.apple.com/documentation/swiftui/toolbaritemplacement
public struct ToolbarItemPlacement: Sendable { public static let navigationBarTrailing = ToolbarItemPlacement() }
// https://developer.apple.com/documentation/swiftui/toolbaritem
public struct ToolbarItem<ID, Content: View>: ToolbarContent {}
extension ToolbarItem where ID == () {
    public init(placement: ToolbarItemPlacement, @ViewBuilder content: () -> Content) {}
}

// https://developer.apple.com/documentation/swiftui/canvas
public struct Canvas<Symbols>: StubView {}
extension Canvas where Symbols == EmptyView {
    public init(renderer: @escaping (inout GraphicsContext, CGSize) -> Void) {}
}
// https://developer.apple.com/documentation/swiftui/graphicscontext
public struct GraphicsContext {
    public struct Shading: Sendable { public static func color(_ color: Color) -> Shading { Shading() } }
    public func stroke(_ path: Path, with shading: Shading, lineWidth: CGFloat = 1) {}
    public func draw(_ text: Text, at point: CGPoint, anchor: UnitPoint = .center) {}
}
// https://developer.apple.com/documentation/swiftui/path
public struct Path: Equatable, Sendable {
    public init() {}
    public init(_ rect: CGRect) {}
    public mutating func move(to end: CGPoint) {}
    public mutating func addLine(to end: CGPoint) {}
}
