// SPDX-License-Identifier: Apache-2.0
internal import CQREncode

/// A QR code (ISO/IEC 18004) of a text, such as a meeting's link.
///
/// Error correction level M: a seventh of the code may be hidden or misread.
public struct QRSymbol: Hashable, Sendable {
    /// Modules along one side, without the quiet zone.
    public let size: Int
    /// Row by row from the top left corner, `size * size` of them; true is dark.
    public let modules: [Bool]

    /// The light border that scanners need, in modules. ISO/IEC 18004 §5.3.8.
    private static let quietZone = 4

    /// - Returns: `nil` when `text` is empty or has more than 2331 bytes, which is the most a code holds.
    public init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard (1...2331).contains(bytes.count),
            let code = unsafe QRcode_encodeData(Int32(bytes.count), bytes, 0, QR_ECLEVEL_M)
        else { return nil }
        defer { unsafe QRcode_free(code) }
        size = unsafe Int(code.pointee.width)
        // The lowest bit is the colour, the others are the encoder's notes.
        modules = unsafe UnsafeBufferPointer(start: code.pointee.data, count: size * size).map { $0 & 1 == 1 }
    }

    /// Whether the module is dark; everything outside is light.
    private func isDark(_ column: Int, _ row: Int) -> Bool {
        (0..<size).contains(column) && (0..<size).contains(row) && modules[row * size + column]
    }
}

// MARK: Terminal

extension QRSymbol {
    /// Lines for a terminal with colours: black on white whatever its own colours are, two rows in each line.
    public var terminal: String {
        // Colours 16 and 231 of the 256 are black and white in every theme; the first eight are not.
        lines(dark: true).map { "\u{1B}[38;5;16;48;5;231m\($0)\u{1B}[0m\n" }.joined()
    }

    /// Lines without colours. Drawn for light text on a dark ground; most scanners take the reverse too.
    public var plainText: String { lines(dark: false).map { $0 + "\n" }.joined() }

    /// Two rows in each line of half blocks.
    ///
    /// - Parameter dark: Whether it is the dark modules or the light ones that are drawn.
    private func lines(dark: Bool) -> [String] {
        stride(from: -Self.quietZone, to: size + Self.quietZone, by: 2).map { row in
            let characters = (-Self.quietZone..<size + Self.quietZone).map { column -> Character in
                switch (isDark(column, row) == dark, isDark(column, row + 1) == dark) {
                case (true, true): "█"
                case (true, false): "▀"
                case (false, true): "▄"
                case (false, false): " "
                }
            }
            return String(characters)
        }
    }
}

// MARK: SVG

extension QRSymbol {
    /// A scalable picture, one unit for each module: a white ground and one black path. Carries neither style nor
    /// script, so any content security policy lets it through.
    public var svg: String {
        let side = size + 2 * Self.quietZone
        return """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(side) \(side)" shape-rendering="crispEdges">\
            <rect width="\(side)" height="\(side)" fill="#fff"/><path d="\(path)"/></svg>
            """
    }

    /// A rectangle for each run of dark modules in a row.
    private var path: String {
        var path = ""
        for row in 0..<size {
            var column = 0
            while column < size {
                let start = column
                while isDark(column, row) { column += 1 }
                if column > start {
                    let run = column - start
                    path += "M\(start + Self.quietZone) \(row + Self.quietZone)h\(run)v1h-\(run)z"
                }
                column += 1
            }
        }
        return path
    }
}
