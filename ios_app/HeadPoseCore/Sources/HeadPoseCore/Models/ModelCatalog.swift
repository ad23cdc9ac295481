/// The models that a person may choose from: what a manifest lists, and which of it is there.
public struct ModelCatalog: Sendable, Equatable {
    /// Everything that the manifest lists for the target, in its order.
    public let listed: [ModelEntry]
    /// Names of the files that are there.
    public let present: Set<String>
    /// Format that this host runs.
    public let target: String

    /// A catalogue.
    ///
    /// - Parameters:
    ///   - manifest: what is listed.
    ///   - present: names of files that are there; nil for all that are listed.
    ///   - target: format that this host runs.
    public init(_ manifest: ModelManifest, present: Set<String>? = nil, target: String = "coreml") {
        listed = manifest.artifacts.filter { $0.target == target }
        self.present = present ?? Set(listed.map(\.file))
        self.target = target
    }

    /// Listed and there.
    public var available: [ModelEntry] { listed.filter { present.contains($0.file) } }

    /// Listed, but not there: say so to the person.
    public var absent: [ModelEntry] { listed.filter { !present.contains($0.file) } }

    /// There, but not listed: files of this format, as ones that were opened from elsewhere, sorted by name.
    public func unlisted(suffix: String = ".mlpackage") -> [String] {
        present.subtracting(listed.map(\.file)).filter { $0.hasSuffix(suffix) }.sorted()
    }

    /// Backbones that can be chosen, in order.
    public var backbones: [String] { available.map(\.backbone).uniqued() }

    /// Precisions that can be chosen for a backbone (nil: any), in order.
    public func precisions(of backbone: String? = nil) -> [String] {
        available.filter { backbone == nil || $0.backbone == backbone }.map(\.precision).uniqued()
    }

    /// The first model of this precision and backbone (nil: any) that is there.
    ///
    /// - Throws: `HeadPoseError` that names what is missing, and what there is instead.
    public func pick(precision: String, backbone: String? = nil) throws -> ModelEntry {
        let fits = listed.filter { $0.precision == precision && (backbone == nil || $0.backbone == backbone) }
        if let found = fits.first(where: { present.contains($0.file) }) { return found }
        let wanted = [backbone, precision].compactMap { $0 }.joined(separator: " ")
        if let lost = fits.first {
            throw HeadPoseError("\(lost.file) is listed in the manifest but is not there: export it again")
        }
        let others = available.map(\.name).joined(separator: ", ")
        let instead = others.isEmpty ? "no \(target) model at all" : others
        throw HeadPoseError(
            "there is no \(target) model in \(wanted) (there is \(instead)): make one with  "
                + "headpose export --targets \(target) --precisions \(precision)")
    }
}

extension Sequence where Element: Hashable {
    /// Each element once, where it first stood.
    func uniqued() -> [Element] {
        var seen = Set<Element>()
        return filter { seen.insert($0).inserted }
    }
}
