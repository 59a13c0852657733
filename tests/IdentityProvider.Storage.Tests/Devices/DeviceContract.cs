using IdentityProvider.Accounts.Devices;
using IdentityProvider.Storage.Tests.Databases;
using IdentityProvider.Storage.Tests.Grants;
using Xunit;

namespace IdentityProvider.Storage.Tests.Devices;

/// <summary>What is known about a browser, for one account.</summary>
public abstract class DeviceContract(TestDatabase database)
{
    private const int Limit = 10;

    private static readonly TimeSpan s_lifetime = TimeSpan.FromDays(180);
    private static readonly DeviceVisit s_visit = new("Firefox", "203.0.113.7", "DE");

    private readonly Guid _user = Scene.Id();

    private IDeviceStore Devices => database.Get<IDeviceStore>();

    [Fact]
    public async Task A_device_is_known_to_its_account_by_its_secret_only()
    {
        var device = await AddAsync();

        Assert.Equal(device.Id, (await FindAsync(device))?.Id);
        Assert.Null(await FindAsync(device with { SecretHash = Scene.Bytes() }));
        Assert.Null(await Devices.FindAsync(Scene.Id(), [device], CancellationToken.None));
        Assert.Equal(device.Id, (await Devices.FindAsync(_user, [Handle(), device], CancellationToken.None))?.Id);
    }

    [Fact]
    public async Task Only_the_second_device_of_an_account_is_a_new_one()
    {
        Assert.False(await Devices.AddAsync(_user, Handle(), s_visit, s_lifetime));
        Assert.True(await Devices.AddAsync(_user, Handle(), s_visit, s_lifetime));
    }

    [Fact]
    public async Task A_device_that_was_forgotten_still_makes_the_next_one_new()
    {
        var first = await AddAsync();
        await Devices.RevokeAsync(_user, first.Id);

        Assert.True(await Devices.AddAsync(_user, Handle(), s_visit, s_lifetime));
    }

    [Fact]
    public async Task A_device_whose_time_is_over_is_not_known()
    {
        var device = Handle();
        await Devices.AddAsync(_user, device, s_visit, TimeSpan.FromMilliseconds(-1));

        Assert.Null(await FindAsync(device));
        Assert.Empty(await Devices.ListAsync(_user, CancellationToken.None));
        Assert.False(await Devices.TrustAsync(_user, device.Id, TimeSpan.FromDays(1)));
    }

    [Fact]
    public async Task The_tenth_failure_in_a_row_ends_it()
    {
        var device = await AddAsync();
        for (var i = 0; i < Limit - 1; i++)
        {
            await Devices.NoteFailureAsync(device.Id, Limit);
        }

        Assert.NotNull(await FindAsync(device));
        await Devices.NoteFailureAsync(device.Id, Limit);

        Assert.Null(await FindAsync(device));
        Assert.False(await Devices.NoteSignInAsync(device.Id, s_visit, s_lifetime));
    }

    [Fact]
    public async Task A_sign_in_forgets_the_failures_before_it()
    {
        var device = await AddAsync();
        for (var i = 0; i < 2 * Limit; i++)
        {
            if (i == Limit - 1)
            {
                Assert.True(await Devices.NoteSignInAsync(device.Id, s_visit with { Country = "FR" }, s_lifetime));
            }

            Assert.Equal(i < (2 * Limit) - 1, await FindAsync(device) is not null);
            await Devices.NoteFailureAsync(device.Id, Limit);
        }
    }

    [Fact]
    public async Task Failures_at_once_are_all_counted()
    {
        var device = await AddAsync();

        await Parallel.ForAsync(0, Limit, async (_, _) => await Devices.NoteFailureAsync(device.Id, Limit));

        Assert.Null(await FindAsync(device));
    }

    [Fact]
    public async Task A_list_shows_what_is_alive_of_one_person()
    {
        var (kept, gone) = (await AddAsync(), await AddAsync());
        Assert.True(await Devices.RevokeAsync(_user, gone.Id));
        Assert.False(await Devices.RevokeAsync(_user, gone.Id));

        var listed = Assert.Single(await Devices.ListAsync(_user, CancellationToken.None));

        Assert.Equal((kept.Id, _user, s_visit.UserAgent, s_visit.RemoteAddress, s_visit.Country), (listed.Id, listed.UserId, listed.UserAgent, listed.RemoteAddress, listed.Country));
        Assert.Null(listed.TrustedUntil);
    }

    [Fact]
    public async Task Nobody_forgets_or_trusts_somebody_elses_device()
    {
        var device = await AddAsync();
        var other = Scene.Id();

        Assert.False(await Devices.RevokeAsync(other, device.Id));
        Assert.Equal(0, await Devices.RevokeAllAsync(other));
        Assert.False(await Devices.TrustAsync(other, device.Id, TimeSpan.FromDays(30)));
        Assert.Null((await FindAsync(device))!.TrustedUntil);
    }

    [Fact]
    public async Task All_but_one_are_forgotten_at_once()
    {
        var (own, _, _) = (await AddAsync(), await AddAsync(), await AddAsync());

        Assert.Equal(2, await Devices.RevokeAllAsync(_user, own.Id));
        Assert.Equal(own.Id, Assert.Single(await Devices.ListAsync(_user, CancellationToken.None)).Id);
    }

    [Fact]
    public async Task Trust_has_an_end()
    {
        var device = await AddAsync();

        Assert.True(await Devices.TrustAsync(_user, device.Id, TimeSpan.FromDays(30)));

        Assert.InRange((await FindAsync(device))!.TrustedUntil!.Value, Scene.Ago(TimeSpan.FromDays(-29)), Scene.Ago(TimeSpan.FromDays(-31)));
    }

    [Fact]
    public async Task A_country_is_new_once_and_the_first_one_is_none()
    {
        Assert.False(await Devices.NoteCountryAsync(_user, "DE"));
        Assert.False(await Devices.NoteCountryAsync(_user, "DE"));
        Assert.True(await Devices.NoteCountryAsync(_user, "BR"));
        Assert.False(await Devices.NoteCountryAsync(_user, "BR"));
    }

    private Task<KnownDevice?> FindAsync(DeviceHandle device) => Devices.FindAsync(_user, [device], CancellationToken.None);

    private async Task<DeviceHandle> AddAsync()
    {
        var device = Handle();
        await Devices.AddAsync(_user, device, s_visit, s_lifetime);
        return device;
    }

    private static DeviceHandle Handle() => new(Scene.Id(), Scene.Bytes());
}

public sealed class SqliteDeviceTests(SqliteTestDatabase database) : DeviceContract(database), IClassFixture<SqliteTestDatabase>;

public sealed class PostgresDeviceTests(PostgresTestDatabase database) : DeviceContract(database), IClassFixture<PostgresTestDatabase>;
