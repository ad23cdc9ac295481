/// An iPhone by its model identifier, `hw.machine`: what people call it, and its chip.
///
/// The same table as the Python tools have; names and chips are those of Apple's technical specifications.
public struct Iphone: Sendable, Equatable {
    /// `iPhone13,2`.
    public let identifier: String
    /// `iPhone 12`.
    public let name: String
    /// `A14`.
    public let soc: String

    /// What is known of an identifier; nil for a phone that is not in the table, as a newer one.
    public static func known(_ identifier: String) -> Iphone? {
        all.first { $0.identifier == identifier }
    }

    /// The table.
    public static let all = [
        Iphone(identifier: "iPhone10,1", name: "iPhone 8", soc: "A11"),
        Iphone(identifier: "iPhone10,4", name: "iPhone 8", soc: "A11"),
        Iphone(identifier: "iPhone10,2", name: "iPhone 8 Plus", soc: "A11"),
        Iphone(identifier: "iPhone10,5", name: "iPhone 8 Plus", soc: "A11"),
        Iphone(identifier: "iPhone10,3", name: "iPhone X", soc: "A11"),
        Iphone(identifier: "iPhone10,6", name: "iPhone X", soc: "A11"),
        Iphone(identifier: "iPhone11,2", name: "iPhone XS", soc: "A12"),
        Iphone(identifier: "iPhone11,6", name: "iPhone XS Max", soc: "A12"),
        Iphone(identifier: "iPhone11,4", name: "iPhone XS Max", soc: "A12"),
        Iphone(identifier: "iPhone11,8", name: "iPhone XR", soc: "A12"),
        Iphone(identifier: "iPhone12,1", name: "iPhone 11", soc: "A13"),
        Iphone(identifier: "iPhone12,3", name: "iPhone 11 Pro", soc: "A13"),
        Iphone(identifier: "iPhone12,5", name: "iPhone 11 Pro Max", soc: "A13"),
        Iphone(identifier: "iPhone12,8", name: "iPhone SE (2nd generation)", soc: "A13"),
        Iphone(identifier: "iPhone13,1", name: "iPhone 12 mini", soc: "A14"),
        Iphone(identifier: "iPhone13,2", name: "iPhone 12", soc: "A14"),
        Iphone(identifier: "iPhone13,3", name: "iPhone 12 Pro", soc: "A14"),
        Iphone(identifier: "iPhone13,4", name: "iPhone 12 Pro Max", soc: "A14"),
        Iphone(identifier: "iPhone14,4", name: "iPhone 13 mini", soc: "A15"),
        Iphone(identifier: "iPhone14,5", name: "iPhone 13", soc: "A15"),
        Iphone(identifier: "iPhone14,2", name: "iPhone 13 Pro", soc: "A15"),
        Iphone(identifier: "iPhone14,3", name: "iPhone 13 Pro Max", soc: "A15"),
        Iphone(identifier: "iPhone14,6", name: "iPhone SE (3rd generation)", soc: "A15"),
        Iphone(identifier: "iPhone14,7", name: "iPhone 14", soc: "A15"),
        Iphone(identifier: "iPhone14,8", name: "iPhone 14 Plus", soc: "A15"),
        Iphone(identifier: "iPhone15,2", name: "iPhone 14 Pro", soc: "A16"),
        Iphone(identifier: "iPhone15,3", name: "iPhone 14 Pro Max", soc: "A16"),
        Iphone(identifier: "iPhone15,4", name: "iPhone 15", soc: "A16"),
        Iphone(identifier: "iPhone15,5", name: "iPhone 15 Plus", soc: "A16"),
        Iphone(identifier: "iPhone16,1", name: "iPhone 15 Pro", soc: "A17 Pro"),
        Iphone(identifier: "iPhone16,2", name: "iPhone 15 Pro Max", soc: "A17 Pro"),
        Iphone(identifier: "iPhone17,3", name: "iPhone 16", soc: "A18"),
        Iphone(identifier: "iPhone17,4", name: "iPhone 16 Plus", soc: "A18"),
        Iphone(identifier: "iPhone17,5", name: "iPhone 16e", soc: "A18"),
        Iphone(identifier: "iPhone17,1", name: "iPhone 16 Pro", soc: "A18 Pro"),
        Iphone(identifier: "iPhone17,2", name: "iPhone 16 Pro Max", soc: "A18 Pro"),
        Iphone(identifier: "iPhone18,3", name: "iPhone 17", soc: "A19"),
        Iphone(identifier: "iPhone18,4", name: "iPhone Air", soc: "A19 Pro"),
        Iphone(identifier: "iPhone18,1", name: "iPhone 17 Pro", soc: "A19 Pro"),
        Iphone(identifier: "iPhone18,2", name: "iPhone 17 Pro Max", soc: "A19 Pro"),
    ]
}
