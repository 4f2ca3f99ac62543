namespace Outlay.Cli;

/// <summary>Finds the word that was probably meant.</summary>
internal static class Spelling
{
    /// <summary>The word that is nearest to what was written, if it is near enough to be a slip; null otherwise.</summary>
    public static string? Nearest(string written, IEnumerable<string> words) =>
        words.MinBy(word => Distance(written, word)) is { } nearest && Distance(written, nearest) <= Math.Max(1, written.Length / 3) ? nearest : null;

    /// <summary>How many letters must be changed, added, removed or swapped with their neighbour to get from one word to the other.</summary>
    private static int Distance(string from, string to)
    {
        var d = new int[from.Length + 1, to.Length + 1];
        for (var i = 0; i <= from.Length; i++)
        {
            for (var j = 0; j <= to.Length; j++)
            {
                d[i, j] = i == 0 || j == 0
                    ? i + j
                    : Math.Min(Math.Min(d[i - 1, j], d[i, j - 1]) + 1, d[i - 1, j - 1] + (from[i - 1] == to[j - 1] ? 0 : 1));
                if (i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1])
                    d[i, j] = Math.Min(d[i, j], d[i - 2, j - 2] + 1);
            }
        }

        return d[from.Length, to.Length];
    }
}
