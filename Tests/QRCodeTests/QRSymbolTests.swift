// SPDX-License-Identifier: Apache-2.0
import QRCode
import Testing

private let link = "https://192.168.1.20:8443/abc-defg-hij"

@Suite("QR codes")
struct QRSymbolTests {
    @Test(
        "are as large as the text needs",
        arguments: [(1, 21), (14, 21), (15, 25), (26, 25), (27, 29), (2331, 177)])
    func sizes(_ count: Int, _ size: Int) throws {
        let code = try #require(QRSymbol(String(repeating: "a", count: count)))
        #expect(code.size == size)
        #expect(code.modules.count == size * size)
    }

    @Test("no text and too much text have no code")
    func refusals() {
        #expect(QRSymbol("") == nil)
        #expect(QRSymbol(String(repeating: "a", count: 2332)) == nil)
        #expect(QRSymbol(String(repeating: "é", count: 1166)) == nil)
    }

    @Test("have the three finder patterns in their corners, and none in the fourth")
    func finderPatterns() throws {
        let code = try #require(QRSymbol(link))
        let pattern = [
            "#######", "#     #", "# ### #", "# ### #", "# ### #", "#     #", "#######",
        ]
        func corner(_ left: Int, _ top: Int) -> [String] {
            (0..<7).map { row in
                String((0..<7).map { code.modules[(top + row) * code.size + left + $0] ? "#" : " " })
            }
        }
        let far = code.size - 7
        #expect(corner(0, 0) == pattern)
        #expect(corner(far, 0) == pattern)
        #expect(corner(0, far) == pattern)
        #expect(corner(far, far) != pattern)
    }

    @Test("a different text has a different code, the same text the same")
    func distinct() {
        #expect(QRSymbol(link) == QRSymbol(link))
        #expect(QRSymbol(link) != QRSymbol(link + "x"))
    }
}

@Suite("Drawn QR codes")
struct DrawnQRSymbolTests {
    /// The modules with their quiet zone of four, row by row.
    private func framed(_ code: QRSymbol) -> [[Bool]] {
        (-4..<code.size + 4).map { row in
            (-4..<code.size + 4).map { column in
                (0..<code.size).contains(row) && (0..<code.size).contains(column)
                    && code.modules[row * code.size + column]
            }
        }
    }

    /// What half blocks show: two rows for each line.
    private func drawn(_ lines: [Substring]) -> [[Bool]] {
        lines.flatMap { line in
            [line.map { $0 == "█" || $0 == "▀" }, line.map { $0 == "█" || $0 == "▄" }]
        }
    }

    @Test("in a terminal show every module, dark on white, and put the colours back")
    func terminal() throws {
        let code = try #require(QRSymbol(link))
        let start = "\u{1B}[38;5;16;48;5;231m"
        let end = "\u{1B}[0m"
        let lines = code.terminal.split(separator: "\n")
        #expect(lines.allSatisfy { $0.hasPrefix(start) && $0.hasSuffix(end) })
        let rows = drawn(lines.map { $0.dropFirst(start.count).dropLast(end.count) })
        #expect(rows.dropLast() == framed(code)[...])
        #expect(rows.last?.contains(true) == false)
    }

    @Test("without colours show every light module")
    func plainText() throws {
        let code = try #require(QRSymbol(link))
        let rows = drawn(code.plainText.split(separator: "\n", omittingEmptySubsequences: true))
        #expect(rows.dropLast() == framed(code).map { $0.map { !$0 } }[...])
    }

    @Test("as SVG cover every dark module once, in one path without style")
    func svg() throws {
        let code = try #require(QRSymbol(link))
        let svg = code.svg
        let side = code.size + 8
        #expect(svg.hasPrefix("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(side) \(side)\""))
        #expect(!svg.contains("style"))
        let path = try #require(svg.split(separator: " d=\"").last?.split(separator: "\"").first)
        var modules = Array(repeating: Array(repeating: false, count: side), count: side)
        for run in path.split(separator: "z") {
            let numbers = run.split { !$0.isNumber }.compactMap { Int($0) }
            try #require(numbers.count == 5)
            let (column, row, width) = (numbers[0], numbers[1], numbers[2])
            #expect(numbers[3...] == [1, width])
            for offset in 0..<width {
                #expect(!modules[row][column + offset])
                modules[row][column + offset] = true
            }
        }
        #expect(modules == framed(code))
    }
}
