// https://developer.apple.com/documentation/photosui (iOS 16)
@_exported import FoundationGap
import SwiftUI

// https://developer.apple.com/documentation/photosui/phpickerfilter-swift.struct
public struct PHPickerFilter: Sendable { public static let images = PHPickerFilter() }
// https://developer.apple.com/documentation/photosui/photospickeritem
public struct PhotosPickerItem: Equatable, Hashable, Sendable {
    // https://developer.apple.com/documentation/photosui/photospickeritem/loadtransferable(type:)
    public func loadTransferable<T: Transferable>(type: T.Type) async throws -> T? { nil }
}
// https://developer.apple.com/documentation/photosui/photospicker
public struct PhotosPicker<Label: View>: View {
    public var body: some View { EmptyView() }
}
extension PhotosPicker where Label == Text {
    // https://developer.apple.com/documentation/photosui/photospicker/init(_:selection:matching:preferreditemencoding:)-7jbef
    // (The initialiser with a label takes a @Sendable closure, in which no view may be made: it is left out.)
    public nonisolated init(
        _ titleKey: LocalizedStringKey, selection: Binding<PhotosPickerItem?>, matching filter: PHPickerFilter? = nil
    ) {}
}
