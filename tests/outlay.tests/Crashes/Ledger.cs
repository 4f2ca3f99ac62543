using System.Collections.Concurrent;

namespace Outlay.Tests.Crashes;

/// <summary>What clients asked for and what they were told, to compare with what is stored: acknowledged ⊆ stored ⊆ attempted.</summary>
internal sealed class Ledger
{
    private readonly ConcurrentDictionary<string, Entry> _entries = new();

    /// <summary>How many changes were acknowledged.</summary>
    public int Acknowledged => _entries.Values.Sum(entry => entry.Acknowledged);

    /// <summary>Remembers, before it is sent, that an expense is to have this amount.</summary>
    public void Attempt(string description, decimal amount) => _entries.GetOrAdd(description, _ => new Entry()).Attempts.Add(amount);

    /// <summary>Remembers that the service said it stored the last attempt.</summary>
    public void Acknowledge(string description) => _entries[description].AcknowledgeLast();

    /// <summary>Throws when an acknowledged change is not there, or something is there that nobody asked for, or is there twice.</summary>
    public void Compare(IReadOnlyList<(string Description, decimal Amount)> stored)
    {
        var byDescription = stored.ToLookup(expense => expense.Description, expense => expense.Amount);
        Assert.All(byDescription, expenses => Assert.Single(expenses));
        Assert.All(byDescription, expenses => Assert.True(_entries.ContainsKey(expenses.Key), $"{expenses.Key} was never sent"));
        Assert.All(_entries, entry => entry.Value.Check(entry.Key, byDescription[entry.Key].Cast<decimal?>().SingleOrDefault()));
    }

    /// <summary>One expense: only its writer touches it while the clients run, one change after the other.</summary>
    private sealed class Entry
    {
        public List<decimal> Attempts { get; } = [];

        public int Acknowledged { get; private set; }

        /// <summary>Where among the attempts the last acknowledged one is; -1 before the first.</summary>
        private int LastAcknowledged { get; set; } = -1;

        public void AcknowledgeLast()
        {
            Acknowledged++;
            LastAcknowledged = Attempts.Count - 1;
        }

        public void Check(string description, decimal? stored)
        {
            if (stored is null)
                Assert.True(LastAcknowledged < 0, $"{description} was acknowledged and is not there");
            else
                Assert.Contains(stored.Value, Attempts.Skip(Math.Max(0, LastAcknowledged)));
        }
    }
}
