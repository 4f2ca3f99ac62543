using FsCheck;
using FsCheck.Fluent;
using Outlay.Export;

namespace Outlay.Tests.Export;

public sealed class FormulaGuardTests
{
    private const string Triggers = "=+-@\t\r\n";

    [Theory]
    [InlineData("=SUM(A1:A9)", "'=SUM(A1:A9)")]
    [InlineData("+1", "'+1")]
    [InlineData("-5 discount", "'-5 discount")]
    [InlineData("@home", "'@home")]
    [InlineData("\tx", "'\tx")]
    [InlineData("\rx", "'\rx")]
    [InlineData("'=1", "''=1")]
    [InlineData("''@", "'''@")]
    [InlineData("'tis", "'tis")]
    [InlineData("'", "'")]
    [InlineData("a=1", "a=1")]
    [InlineData(" =1", " =1")]
    [InlineData("", "")]
    public void Text_that_begins_like_a_formula_gets_an_apostrophe(string text, string defused)
    {
        Assert.Equal(defused, FormulaGuard.Defuse(text));
        Assert.Equal(text, FormulaGuard.Restore(defused));
    }

    [Theory]
    [InlineData("=1")]
    [InlineData("'tis")]
    [InlineData("Coffee")]
    public void What_an_export_never_writes_is_left_alone(string text) => Assert.Equal(text, FormulaGuard.Restore(text));

    [Fact]
    public void Every_text_comes_back_and_none_begins_like_a_formula()
    {
        var edgy = Gen.Elements([.. Triggers, '\'', 'a', ' ']).ArrayOf().Select(characters => new string(characters));
        var any = ArbMap.Default.GeneratorFor<string>().Where(text => text is not null);

        Prop.ForAll(Arb.From(Gen.OneOf(edgy, any)), text =>
        {
            var defused = FormulaGuard.Defuse(text);
            return FormulaGuard.Restore(defused) == text && !(defused.Length > 0 && Triggers.Contains(defused[0]));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));
    }
}
