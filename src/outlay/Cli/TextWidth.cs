using System.Globalization;
using System.Text;

namespace Outlay.Cli;

/// <summary>How many cells text takes on a terminal: two for East Asian wide characters and emoji (Unicode UAX #11), none for marks.</summary>
internal static class TextWidth
{
    /// <summary>The ranges of wide characters, coarse where everything between two of them is wide or not in use.</summary>
    private static readonly (int First, int Last)[] s_wide =
    [
        (0x1100, 0x115F), (0x231A, 0x231B), (0x23E9, 0x23EC), (0x2614, 0x2615), (0x26A1, 0x26A1), (0x2705, 0x2705), (0x2728, 0x2728),
        (0x274C, 0x274C), (0x2753, 0x2757), (0x2B50, 0x2B50), (0x2E80, 0x303E), (0x3041, 0xA4CF), (0xA960, 0xA97C), (0xAC00, 0xD7A3),
        (0xF900, 0xFAFF), (0xFE30, 0xFE6F), (0xFF01, 0xFF60), (0xFFE0, 0xFFE6), (0x1F1E6, 0x1F1FF), (0x1F300, 0x1F64F),
        (0x1F680, 0x1F6FF), (0x1F900, 0x1FAFF), (0x20000, 0x3FFFD),
    ];

    public static int Of(string text)
    {
        if (Ascii.IsValid(text))
            return text.Length;
        var width = 0;
        for (var elements = StringInfo.GetTextElementEnumerator(text); elements.MoveNext();)
            width += OfElement(elements.GetTextElement());
        return width;
    }

    /// <summary>The text, cut to so many cells; an ellipsis in the last one shows the cut.</summary>
    public static string Cut(string text, int width)
    {
        if (Of(text) <= width)
            return text;
        var kept = new StringBuilder();
        var rest = width - 1;
        for (var elements = StringInfo.GetTextElementEnumerator(text); elements.MoveNext();)
        {
            var element = elements.GetTextElement();
            rest -= OfElement(element);
            if (rest < 0)
                break;
            kept.Append(element);
        }

        return kept.Append('…').ToString();
    }

    /// <summary>What a reader takes for one character is as wide as its widest part.</summary>
    private static int OfElement(string element) => element.EnumerateRunes().Max(OfRune);

    private static int OfRune(Rune rune) => Rune.GetUnicodeCategory(rune) switch
    {
        UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format or UnicodeCategory.Control => 0,
        _ => Array.Exists(s_wide, range => rune.Value >= range.First && rune.Value <= range.Last) ? 2 : 1,
    };
}
