// SPDX-License-Identifier: Apache-2.0
import MeetingProtocol
import Testing

@Suite("Names of files")
struct FileNameTests {
    @Test(
        "are names and nothing else",
        arguments: [
            ("plan.pdf", "plan.pdf"), ("../../etc/passwd", "passwd"),
            ("C:\\Users\\ana\\plan.pdf", "plan.pdf"),
            ("", "file"), ("...", "file"), ("/", "file"), (".bashrc", "bashrc"), ("plan.pdf. ", "plan.pdf"),
            ("a\u{0}b\r\nc\".txt", "ab c_.txt"), ("photo\u{202E}gnp.exe", "photognp.exe"),
            ("zero\u{200B}width.txt", "zerowidth.txt"), ("con.txt", "_con.txt"), ("LPT1", "_LPT1"),
            ("console.txt", "console.txt"), ("Überblick – José 🎧.odt", "Überblick – José 🎧.odt"),
            ("a<b>|c?.txt", "a_b__c_.txt"), ("two   spaces.txt", "two spaces.txt"),
        ])
    func cleans(_ example: (String, String)) {
        #expect(FileName.cleaned(example.0) == example.1)
    }

    @Test("keep their ending when they are too long")
    func shortens() {
        let long = FileName.cleaned(String(repeating: "a", count: 500) + ".tar.gz")
        #expect(long.count == 120 && long.hasSuffix("a.gz"))
        let wide = FileName.cleaned(String(repeating: "🎧", count: 110) + ".png")
        #expect(wide.utf8.count <= MeetingLimits.fileNameBytes && wide.hasSuffix("🎧.png"))
        let endless = FileName.cleaned("a." + String(repeating: "b", count: 1_000_000))
        #expect(endless.count <= 120)
        #expect(FileName.cleaned(FileName.cleaned("x/con.aux..")) == FileName.cleaned("x/con.aux.."))
    }

    @Test(
        "tell the kind by their ending",
        arguments: [("a.EXE", "exe"), ("a", ""), ("a.", ""), (".a", ""), ("a.b.c", "c")])
    func ending(_ example: (String, String)) {
        #expect(FileName.ending(of: example.0) == example.1)
    }
}
