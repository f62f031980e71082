// `go run . URL` lists a server's tools, then calls those that it reads from standard input.
//
// A line is a tool's name and its arguments, such as `echo {"message": "hi"}`; an empty line lists the tools.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"log"
	"os"
	"strings"

	"github.com/mark3labs/mcp-go/client"
	"github.com/mark3labs/mcp-go/mcp"
)

func say(key string, value any) {
	json.NewEncoder(os.Stdout).Encode(map[string]any{key: value})
}

func connect(ctx context.Context, url string) (*client.Client, error) {
	var connected *client.Client
	var err error
	if strings.HasSuffix(url, "/sse") {
		connected, err = client.NewSSEMCPClient(url)
	} else {
		connected, err = client.NewStreamableHttpClient(url)
	}
	if err != nil {
		return nil, err
	}
	connected.OnNotification(func(notification mcp.JSONRPCNotification) {
		if notification.Method == "notifications/progress" {
			say("progress", notification.Params.AdditionalFields["progress"])
		}
	})
	if err := connected.Start(ctx); err != nil {
		return nil, err
	}
	initialize := mcp.InitializeRequest{}
	initialize.Params.ProtocolVersion = mcp.LATEST_PROTOCOL_VERSION
	initialize.Params.ClientInfo = mcp.Implementation{Name: "example", Version: "1.0.0"}
	_, err = connected.Initialize(ctx, initialize)
	return connected, err
}

func ask(ctx context.Context, connected *client.Client, line string) error {
	name, arguments, _ := strings.Cut(line, " ")
	if name == "" {
		result, err := connected.ListTools(ctx, mcp.ListToolsRequest{})
		if err != nil {
			return err
		}
		names := []string{}
		for _, tool := range result.Tools {
			names = append(names, tool.Name)
		}
		say("tools", names)
		return nil
	}
	call := mcp.CallToolRequest{}
	call.Params.Name = name
	call.Params.Arguments = json.RawMessage(arguments)
	call.Params.Meta = &mcp.Meta{ProgressToken: line}
	result, err := connected.CallTool(ctx, call)
	if err != nil {
		return err
	}
	say("text", result.Content[0].(mcp.TextContent).Text)
	return nil
}

func main() {
	ctx := context.Background()
	connected, err := connect(ctx, os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	defer connected.Close()
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		if err := ask(ctx, connected, lines.Text()); err != nil {
			say("error", err.Error())
		}
	}
}
