// https://developer.apple.com/documentation/charts (iOS 16)
import SwiftUI

// https://developer.apple.com/documentation/charts/plottable
public protocol Plottable {}
extension Int: Plottable {}
extension Double: Plottable {}
// https://developer.apple.com/documentation/charts/plottablevalue
public struct PlottableValue<Value: Plottable> {
    public static func value<S: StringProtocol>(_ label: S, _ value: Value) -> PlottableValue<Value> { .init() }
}
// https://developer.apple.com/documentation/charts/chartcontent
@MainActor @preconcurrency public protocol ChartContent {}
// https://developer.apple.com/documentation/charts/chartcontentbuilder
@resultBuilder public enum ChartContentBuilder {
    public static func buildBlock<Content: ChartContent>(_ content: Content) -> Content { content }
}
// https://developer.apple.com/documentation/charts/pointmark
public struct PointMark: ChartContent {
    public init<X: Plottable, Y: Plottable>(x: PlottableValue<X>, y: PlottableValue<Y>) {}
}
// https://developer.apple.com/documentation/charts/chart
public struct Chart<Content>: View {
    // https://developer.apple.com/documentation/charts/chart/init(_:id:content:)
    public init<Data: RandomAccessCollection, ID: Hashable, C: ChartContent>(
        _ data: Data, id: KeyPath<Data.Element, ID>, @ChartContentBuilder content: @escaping (Data.Element) -> C
    ) where Content == (Data, C) {}
    public var body: some View { EmptyView() }
}
