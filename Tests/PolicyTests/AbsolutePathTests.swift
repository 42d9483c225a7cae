import Policy
import Testing

@Suite struct AbsolutePathTests {
    @Test(arguments: [
        ("/", "/"), ("//", "/"), ("/.", "/"), ("/a", "/a"), ("/a/", "/a"), ("//a///b//", "/a/b"),
        ("/./a/./b/.", "/a/b"),
        ("/...", "/..."), ("/..a", "/..a"), ("/a..", "/a.."), ("/.a", "/.a"), ("/a b", "/a b"), ("/é", "/é"),
    ])
    func `a path has one form`(text: String, form: String) throws {
        let path = try #require(AbsolutePath(text))
        #expect(path.text == form)
        #expect(AbsolutePath(path.text) == path)
    }

    @Test(arguments: [
        "", "a", "./a", "../a", "~", "/..", "/../", "/a/..", "/a/../b", "/a/b/..", "//..//", "/a\u{0}b", " /a",
        // A combining mark makes one character with the slash before it, for Swift but not for the kernel.
        "/a/../\u{301}b", "/a/..\u{2F}\u{301}", "/\u{301}/../b", "\u{301}/a",
    ])
    func `a path that is relative, climbs or holds NUL is refused`(text: String) {
        #expect(AbsolutePath(text) == nil)
    }

    @Test func `components are what stands between slashes, byte for byte`() throws {
        let path = try #require(AbsolutePath("/a/\u{301}b/c"))
        #expect(path.components.map { Array($0.utf8) } == ["a", "\u{301}b", "c"].map { Array($0.utf8) })
        #expect(path.lastComponent == "c")
        #expect(path.parent.text.utf8.elementsEqual("/a/\u{301}b".utf8))
        #expect(AbsolutePath.root.components.isEmpty)
        #expect(AbsolutePath.root.parent == .root)
        #expect(AbsolutePath.root.lastComponent.isEmpty)
    }

    @Test func `paths are compared byte for byte, as the kernel does`() throws {
        let composed = try #require(AbsolutePath("/srv/\u{E9}"))
        let decomposed = try #require(AbsolutePath("/srv/e\u{301}"))
        #expect(composed != decomposed)
        #expect(!composed.contains(decomposed / "x"))
        #expect(Set([composed, decomposed]).count == 2)
    }

    @Test(arguments: [
        ("/", "/", true), ("/", "/a/b", true), ("/a", "/a", true), ("/a", "/a/b", true), ("/a", "/ab", false),
        ("/a/b", "/a", false), ("/a", "/", false), ("/a", "/A/b", false),
    ])
    func `a path contains itself and what is below it`(outer: String, inner: String, contains: Bool) throws {
        let (outer, inner) = (try #require(AbsolutePath(outer)), try #require(AbsolutePath(inner)))
        #expect(outer.contains(inner) == contains)
    }

    @Test func `joining appends components`() throws {
        let path = try #require(AbsolutePath("/a"))
        #expect((path / "b").text == "/a/b")
        #expect((path / "b/./c/").text == "/a/b/c")
        #expect((AbsolutePath.root / "b").text == "/b")
        #expect((path / "").text == "/a")
    }
}
