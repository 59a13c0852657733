using System.Security.Claims;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace IdentityProvider.Tests.Samples;

/// <summary>The API of <c>docs/clients.md</c>, which quotes the region.</summary>
internal static class ApiSample
{
    public static WebApplication Create(string[] args)
    {
        #region docs/clients.md
        var builder = WebApplication.CreateBuilder(args);
        builder.Services
            .AddAuthentication(JwtBearerDefaults.AuthenticationScheme)
            .AddJwtBearer(options =>
            {
                options.Authority = builder.Configuration["Authority"]; // the issuer: https://id.example.com
                options.RequireHttpsMetadata = !builder.Environment.IsDevelopment();
                options.Audience = "api"; // the Name of the ApiResource
                options.MapInboundClaims = false;
                options.TokenValidationParameters.ValidTypes = ["at+jwt"];
                options.TokenValidationParameters.ValidAlgorithms = ["ES256", "RS256"];
                options.TokenValidationParameters.ClockSkew = TimeSpan.FromSeconds(30);
            });
        builder.Services.AddAuthorizationBuilder()
            .AddPolicy("read", policy => policy.RequireAssertion(context =>
                context.User.FindFirstValue("scope")?.Split(' ').Contains("api.read") == true));

        var app = builder.Build();
        app.MapGet("/notes", (ClaimsPrincipal user) => Results.Ok($"Notes of {user.FindFirstValue("sub")}")).RequireAuthorization("read");
        #endregion

        #region docs/clients.md, step-up
        app.MapDelete("/notes", () => Results.NoContent()).RequireAuthorization("read").AddEndpointFilter(TwoFactorsLately);

        static async ValueTask<object?> TwoFactorsLately(EndpointFilterInvocationContext call, EndpointFilterDelegate next)
        {
            var (http, longest) = (call.HttpContext, TimeSpan.FromMinutes(5));
            var strong = http.User.FindFirstValue("acr") is "2" or "phr";
            if (strong && long.TryParse(http.User.FindFirstValue("auth_time"), out var seconds)
                && TimeProvider.System.GetUtcNow() - DateTimeOffset.FromUnixTimeSeconds(seconds) <= longest)
            {
                return await next(call);
            }

            http.Response.Headers.WWWAuthenticate = $"""
                Bearer error="insufficient_user_authentication", error_description="Two factors are needed", acr_values="2", max_age="{longest.TotalSeconds}"
                """;
            return Results.Unauthorized();
        }
        #endregion

        return app;
    }
}
