using System.Diagnostics.CodeAnalysis;

namespace Outlay.Expenses;

/// <summary>
/// A currency of ISO 4217, with the number of decimals of its minor unit: 0, 2 or 3.
/// Withdrawn codes stay known, because records reach back for years. Units of account with four decimals (CLF, UYW),
/// and metals are not money that anyone spends and are not known. XTS is kept for tests: outlay probe uses it.
/// </summary>
internal sealed class Currency
{
    /// <summary>The most decimals that a currency has.</summary>
    public const int MaxDecimals = 3;

    /// <summary>What ISO 4217 keeps for tests: nobody's money.</summary>
    public const string TestCode = "XTS";

    private const string NoDecimals =
        "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF " +
        "BEF BYR ESP GRD ITL LUF PTE TRL";

    private const string ThreeDecimals = "BHD IQD JOD KWD LYD OMR TND";

    private const string TwoDecimals =
        "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW " +
        "CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF " +
        "IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK " +
        "MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP " +
        "SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD XCD XCG " +
        $"YER ZAR ZMW ZWG {TestCode} " +
        "ANG ATS BGN CUC CYP DEM EEK FIM FRF HRK IEP LTL LVL MRO MTL NLG SIT SKK SLL STD VEF ZMK ZWL";

    private static readonly Dictionary<string, Currency> s_byCode = Table();

    private Currency(string code, int decimals)
    {
        Code = code;
        Decimals = decimals;
        UnitsPerWhole = decimals switch { 0 => 1, 2 => 100, _ => 1000 };
        MinorUnit = decimals switch { 0 => 1, 2 => 0.01m, _ => 0.001m };
    }

    /// <summary>The three capital letters of ISO 4217.</summary>
    public string Code { get; }

    public bool IsTest => Code == TestCode;

    /// <summary>The number of decimals of the minor unit: 0, 2 or 3.</summary>
    public int Decimals { get; }

    /// <summary>How many minor units make one: 1, 100 or 1000.</summary>
    public int UnitsPerWhole { get; }

    /// <summary>What part of one a minor unit is: 1, 0.01 or 0.001.</summary>
    public decimal MinorUnit { get; }

    public static IReadOnlyCollection<Currency> All => s_byCode.Values;

    /// <summary>The currency with this code. Throws <see cref="KeyNotFoundException"/>: only for codes that were checked before.</summary>
    public static Currency Of(string code) => s_byCode[code];

    /// <summary>Finds a currency by its code, in capitals or not.</summary>
    public static bool TryGet(string code, [NotNullWhen(true)] out Currency? currency) =>
        s_byCode.TryGetValue(code, out currency) || s_byCode.TryGetValue(code.ToUpperInvariant(), out currency);

    public override string ToString() => Code;

    private static Dictionary<string, Currency> Table()
    {
        var table = new Dictionary<string, Currency>();
        Add(NoDecimals, 0);
        Add(TwoDecimals, 2);
        Add(ThreeDecimals, 3);
        return table;

        void Add(string codes, int decimals)
        {
            foreach (var code in codes.Split(' '))
                table.Add(code, new Currency(code, decimals));
        }
    }
}
