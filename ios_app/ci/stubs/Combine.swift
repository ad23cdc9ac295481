// https://developer.apple.com/documentation/combine

// https://developer.apple.com/documentation/combine/observableobject
public protocol ObservableObject: AnyObject {}
// https://developer.apple.com/documentation/combine/published
@propertyWrapper public struct Published<Value> {
    public struct Publisher {}
    public init(wrappedValue: Value) { self.wrappedValue = wrappedValue }
    public var wrappedValue: Value
    public var projectedValue: Publisher { Publisher() }
}
