import Testing

/// Within a module too the arrows go one way: from a folder to those in the layers below it.
@Suite struct FolderTests {
    /// Which types each folder of a module names, of which other folder they are, and where.
    private struct Arrow: Hashable {
        let from: String
        let to: String
        let type: String
        let path: String
    }

    private static func arrows(of files: [SourceTree.File]) -> Set<Arrow> {
        let names = files.map { SwiftNames(of: $0.text) }
        var owners: [String: String] = [:]
        for (file, names) in zip(files, names) {
            for name in names.declared { owners[name] = file.folder ?? "" }
        }
        var arrows: Set<Arrow> = []
        for (file, names) in zip(files, names) {
            guard let folder = file.folder else { continue }
            for name in names.named.subtracting(names.nested) {
                guard let owner = owners[name], !owner.isEmpty, owner != folder else { continue }
                arrows.insert(Arrow(from: folder, to: owner, type: name, path: file.path))
            }
        }
        return arrows
    }

    @Test func `a folder names no type of one beside or above it`() throws {
        var count = 0
        for (module, files) in Dictionary(grouping: try SourceTree().files, by: \.module) {
            let layers = Architecture.folders[module] ?? []
            for arrow in Self.arrows(of: files) {
                let from = layers.firstIndex { $0.contains(arrow.from) }
                let to = layers.firstIndex { $0.contains(arrow.to) }
                count += 1
                guard let from, let to else { continue }
                #expect(to < from, "\(arrow.path) names \(arrow.type) of \(arrow.to)")
            }
        }
        #expect(count > 500)
    }

    @Test func `no folder of the gateway names what puts its services together`() throws {
        let files = try SourceTree().files.filter { $0.module == "Gateway" }
        let composition = Set(files.filter { $0.folder == nil }.flatMap { SwiftNames(of: $0.text).declared })
        #expect(composition.isSuperset(of: ["Doors", "Gateway", "Services"]))
        for file in files where file.folder != nil {
            let names = SwiftNames(of: file.text)
            let reached = names.named.subtracting(names.nested).intersection(composition)
            #expect(reached.isEmpty, "\(file.path) names \(reached.sorted().joined(separator: ", "))")
        }
    }

    @Test func `every folder is in the picture, and none that is not there`() throws {
        var folders: [String: Set<String>] = [:]
        for file in try SourceTree().files {
            if let folder = file.folder { folders[file.module, default: []].insert(folder) }
        }
        #expect(folders == Architecture.folders.mapValues { Set($0.joined()) })
        for layers in Architecture.folders.values { #expect(Set(layers.joined()).count == layers.joined().count) }
    }

    @Test func `no module has more than a third of the code`() throws {
        let lines = Dictionary(grouping: try SourceTree().files, by: \.module).mapValues { files in
            files.reduce(0) { $0 + $1.text.utf8.count { $0 == UInt8(ascii: "\n") } }
        }
        let all = lines.values.reduce(0, +)
        for (module, count) in lines { #expect(count * 3 <= all, "\(module): \(count) of \(all) lines") }
    }

    @Test func `a forbidden arrow is seen, and no comment or string is one`() {
        func file(_ folder: String?, _ text: String) -> SourceTree.File {
            SourceTree.File(module: "M", folder: folder, path: "M/\(folder ?? "")/F.swift", text: text)
        }
        let arrows = Self.arrows(of: [
            file("Low", "struct Low { let high: High; enum Own {} }\n// High\nlet text = \"High \\(Other(\"High\"))\""),
            file("High", "public final class High { struct Low {} ; let low: Low; /* Top */ var x = .Own }"),
            file("Other", "extension Low { var all: [Low] { [] } }\nenum Other {}"),
            file(nil, "struct Top { let high: High }"),
        ])
        #expect(
            arrows == [
                Arrow(from: "Low", to: "High", type: "High", path: "M/Low/F.swift"),
                Arrow(from: "Other", to: "Low", type: "Low", path: "M/Other/F.swift"),
            ])
    }
}
